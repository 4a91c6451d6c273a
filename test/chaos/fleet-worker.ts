/**
 * `node test/chaos/fleet-worker.ts <folder> <socket> <program> [args…]`: a task process. Answers one line of JSON, a
 * task report, for each line of JSON, a task.
 */
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { loadGraph } from '../../lib/hosts/embedded/load-graph.ts'
import { silentLog } from '../../lib/host/log.ts'
import { openDirectoryBlobs } from '../../lib/adapters/local/blob-directory.ts'
import { systemClock } from '../../lib/adapters/local/system-clock.ts'
import { systemRandom } from '../../lib/adapters/local/system-random.ts'
import type { TaskSpec } from '../../lib/model/task.ts'
import { fingerprint } from '../../lib/plan/fingerprint.ts'
import { TaskProgram } from '../../lib/runtime/task/program.ts'
import type { TaskHost } from '../../lib/runtime/task/execution.ts'
import { runTask } from '../../lib/runtime/task/run-task.ts'

const [folder, socket, program, ...args] = process.argv.slice(2)
const context = await loadGraph(program, args)
const tasks = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
const host: TaskHost = {
  blobs: await openDirectoryBlobs(folder, { sync: true }),
  random: systemRandom,
  clock: systemClock,
  log: silentLog,
}

rmSync(socket, { force: true })
createServer((connection) => {
  // Whoever asked is gone; who reads lines of it hears of that as well.
  connection.on('error', () => {})
  const lines = createInterface(connection).on('error', () => {})
  lines.on('line', (line) => {
    void runTask(JSON.parse(line) as TaskSpec, tasks, host).then((report) =>
      connection.end(`${JSON.stringify(report)}\n`),
    )
  })
}).listen(socket)
