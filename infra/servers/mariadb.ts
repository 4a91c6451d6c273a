import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import {
  Child,
  findProgram,
  freePort,
  Restarting,
  type RunningServer,
  runProgram,
  serverFolder,
} from './server-process.ts'

/** The server program, or `null` when MariaDB is not installed (Debian: `mariadb-server`). */
export const findMariaDb = (): string | null => findProgram('mariadbd')

/**
 * A MariaDB with the database `sluice` and one user, who may do everything. What it confirms survives the end of a
 * process, not of the machine.
 */
export async function startMariaDb(program: string): Promise<RunningServer> {
  const folder = serverFolder('maria')
  const data = join(folder, 'data')
  const user = process.getuid?.() === 0 ? ['--user=root'] : []
  await runProgram(findProgram('mariadb-install-db')!, [
    '--no-defaults',
    ...user,
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--innodb-log-file-size=8M',
  ])
  const init = join(folder, 'init.sql')
  writeFileSync(
    init,
    "create database if not exists sluice;\ncreate user if not exists 'sluice'@'127.0.0.1' identified by " +
      "'hidden-word';\ngrant all on *.* to 'sluice'@'127.0.0.1';\n",
  )
  const port = await freePort()
  const start = (): Child =>
    new Child(program, [
      '--no-defaults',
      ...user,
      `--datadir=${data}`,
      `--socket=${join(folder, 's')}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--init-file=${init}`,
      '--innodb-buffer-pool-size=16M',
      '--innodb-log-file-size=8M',
      '--innodb-flush-log-at-trx-commit=2',
      '--skip-log-bin',
      '--skip-name-resolve',
      '--performance-schema=OFF',
    ])
  const url = `mysql://sluice:hidden-word@127.0.0.1:${port}/sluice`
  const server = await Restarting.of(start, async () => (await createConnection(url)).end())
  return {
    url,
    port,
    pid: server.pid,
    crash: () => server.crash('SIGKILL'),
    stop: () => server.stop('SIGKILL', folder),
  }
}
