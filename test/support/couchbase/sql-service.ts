import { DatabaseSync } from 'node:sqlite'
import { startQueryService, type QueryRequest, type QueryService } from './query-service.ts'

type Documents = () => ReadonlyMap<string, string>

/** `search`: what is asked from now on is asked of these documents. */
export type SqlService = QueryService & Readonly<{ search: (documents: Documents) => void }>

/**
 * A query service over documents that are told to it, for statements that SQLite reads as SQL++ does: members in
 * backticks, named parameters, subqueries, no functions. Which index a real server takes, and how fast, it can't tell.
 */
export async function startSqlService(): Promise<SqlService> {
  let documents: Documents = () => new Map()
  const service = await startQueryService((request) => ({ rows: rowsOf(documents(), request) }))
  return { ...service, search: (told) => void (documents = told) }
}

function rowsOf(documents: ReadonlyMap<string, string>, { statement, parameters }: QueryRequest): readonly unknown[] {
  const db = new DatabaseSync(':memory:')
  try {
    const members = ['_key', ...membersIn(statement)]
    const [, kind] = /`kind` = '(\w+)'/.exec(statement) ?? []
    db.exec(`CREATE TABLE documents (${members.map((member) => `"${member}"`).join(', ')})`)
    const insert = db.prepare(`INSERT INTO documents VALUES (${members.map(() => '?').join(', ')})`)
    for (const [key, text] of documents) {
      const document: Readonly<Record<string, string | number>> = { ...(JSON.parse(text) as object), _key: key }
      if (document['kind'] === kind) insert.run(...members.map((member) => document[member] ?? null))
    }
    // The path of a collection and the key of a document are all that SQLite reads otherwise.
    const sql = statement
      .replaceAll('META(o).id', 'o.`_key`')
      .replace(/FROM (?:`[^`]+`\.)*`[^`]+` AS/, 'FROM documents AS')
    return db.prepare(sql).all(named(parameters))
  } finally {
    db.close()
  }
}

function membersIn(statement: string): readonly string[] {
  const found = [...statement.matchAll(/\bo\.`(\w+)`/g)].map(([, member = '']) => member)
  return [...new Set(found)]
}

function named(parameters: Readonly<Record<string, unknown>>): Record<string, string | number> {
  const entries = Object.entries(parameters).map(([name, value]) => [`$${name}`, value] as const)
  return Object.fromEntries(entries) as Record<string, string | number>
}
