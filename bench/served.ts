import { startApp } from '../test/support/app.ts'

/** The real server as a process of its own on `dataDir`, while `work` runs. */
export async function withServer<Result>(
  dataDir: string,
  env: Readonly<Record<string, string>>,
  work: (server: Readonly<{ url: string; pid: number }>) => Promise<Result>,
): Promise<Result> {
  const cleanUps: (() => unknown)[] = []
  const app = await startApp(
    { after: (cleanUp) => cleanUps.push(cleanUp) },
    { dataDir, env: { LOG_LEVEL: 'warn', ...env } },
  )
  try {
    const result = await work({ url: app.url, pid: app.process.pid ?? 0 })
    await app.end('SIGTERM')
    return result
  } finally {
    for (const cleanUp of cleanUps) await cleanUp()
  }
}
