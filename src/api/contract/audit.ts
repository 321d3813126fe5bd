import { Type, type Static } from 'typebox'
import { closed, count, page, paging, time } from './schema.ts'

/** Every change that somebody made: who, what, from what, to what. */
export const auditEntry = closed({
  offset: count,
  at: time,
  principal: Type.String({ description: 'loopback, or the beginning of the token’s hash' }),
  action: Type.String({ description: 'redrive, cancel, seek, pause, resume, release, reject, retry, check, rebuild' }),
  target: Type.String({ description: 'What was changed' }),
  from: Type.String({ description: 'How it was; empty where that says nothing' }),
  to: Type.String({ description: 'How it is' }),
  reason: Type.Optional(Type.String({ description: 'In the words of whoever did it' })),
  job: Type.String({ description: 'Id of the job that does it; empty where there is none' }),
})
export type AuditEntry = Static<typeof auditEntry>
export const auditPage = page(auditEntry)
export const auditQuery = closed(paging)
