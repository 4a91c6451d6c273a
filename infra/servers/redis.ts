import { createClient } from '@redis/client'
import { Child, findProgram, freePort, Restarting, type RunningServer, serverFolder } from './server-process.ts'

/** The server program, or `null` when Redis is not installed (Debian: `redis-server`). */
export const findRedis = (): string | null => findProgram('redis-server')

/** A Redis that keeps everything in memory. */
export async function startRedis(program: string): Promise<RunningServer> {
  const folder = serverFolder('redis')
  const port = await freePort()
  const start = (): Child =>
    new Child(program, [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      'no',
      '--requirepass',
      'hidden-word',
    ])
  const url = `redis://:hidden-word@127.0.0.1:${port}`
  const server = await Restarting.of(start, async () => {
    const client = createClient({ url, socket: { reconnectStrategy: false } })
    client.on('error', () => {})
    await client.connect()
    await client.close()
  })
  return {
    url,
    port,
    pid: server.pid,
    crash: () => server.crash('SIGKILL'),
    stop: () => server.stop('SIGKILL', folder),
  }
}
