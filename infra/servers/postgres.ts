import { execFileSync } from 'node:child_process'
import { chownSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import {
  Child,
  findProgram,
  foldersBelow,
  freePort,
  Restarting,
  type RunningServer,
  runProgram,
  serverFolder,
  type ServerUser,
} from './server-process.ts'

/** The server program, or `null` when PostgreSQL is not installed (Debian: `postgresql`). */
export const findPostgres = (): string | null =>
  foldersBelow('/usr/lib/postgresql', 'bin')
    .map((folder) => findProgram('postgres', [folder]))
    .find((path) => path !== null) ?? findProgram('postgres')

/**
 * A PostgreSQL with one user, `postgres`, whom it trusts. What it confirms survives the end of a process, not of the
 * machine.
 */
export async function startPostgres(program: string): Promise<RunningServer> {
  const folder = serverFolder('postgres')
  const user = unprivileged()
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid!)
  const initdb = findProgram('initdb', [...foldersBelow('/usr/lib/postgresql', 'bin'), dirname(program)])!
  await runProgram(
    initdb,
    ['-D', join(folder, 'data'), '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    user,
  )
  const port = await freePort()
  const settings = ['shared_buffers=16MB', 'max_connections=50', 'autovacuum=off', 'deadlock_timeout=50ms']
  const start = (): Child =>
    new Child(
      program,
      [
        '-D',
        join(folder, 'data'),
        '-k',
        folder,
        '-h',
        '127.0.0.1',
        '-p',
        String(port),
        '-F',
        ...settings.flatMap((setting) => ['-c', setting]),
      ],
      user,
    )
  const url = `postgres://postgres:unused-secret@127.0.0.1:${port}/postgres`
  const server = await Restarting.of(start, async () => {
    const client = new Client({ connectionString: url })
    await client.connect()
    await client.end()
  })
  // A killed postmaster would leave its backends behind: an immediate shutdown ends them, and writes nothing more
  // either.
  return {
    url,
    port,
    pid: server.pid,
    crash: () => server.crash('SIGQUIT'),
    stop: () => server.stop('SIGQUIT', folder),
  }
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): ServerUser {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
