import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskLauncher } from '../../lib/host/launcher.ts'
import type { TaskReport, TaskSpec } from '../../lib/model/task.ts'

/** How long a worker that died may take to listen again. */
const PATIENCE_MS = 5000

/** Sends each task to one of several processes, in turn. */
export class SocketLauncher implements TaskLauncher {
  readonly slots: number
  readonly #sockets: readonly string[]
  #next = 0

  constructor(sockets: readonly string[]) {
    this.#sockets = sockets
    this.slots = sockets.length
  }

  async launch(spec: TaskSpec): Promise<TaskReport> {
    const until = Date.now() + PATIENCE_MS
    for (;;) {
      const socket = this.#sockets[this.#next++ % this.#sockets.length]
      try {
        return await ask(socket, spec)
      } catch (error) {
        if (!(error instanceof NobodyListens) || Date.now() > until) throw error
        await sleep(20)
      }
    }
  }

  async close(): Promise<void> {}
}

/** Nothing was sent, so somebody else may be asked at once. */
class NobodyListens extends Error {}

async function ask(socket: string, spec: TaskSpec): Promise<TaskReport> {
  const connection = connect(socket)
  await new Promise<void>((resolve, reject) => {
    connection.once('connect', resolve)
    connection.once('error', (error) => reject(new NobodyListens(error.message)))
  })
  connection.write(`${JSON.stringify(spec)}\n`)
  const answer = await text(connection)
  if (!answer.endsWith('\n')) throw new Error('the worker died')
  return JSON.parse(answer) as TaskReport
}
