import { parentPort, workerData } from 'node:worker_threads'
import { kindOf } from '../../checkpoint/object-keys.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import { written } from '../../host/written.ts'
import type { Log } from '../../host/log.ts'
import { openDirectoryBlobs } from '../../adapters/local/blob-directory.ts'
import { systemClock } from '../../adapters/local/system-clock.ts'
import { systemRandom } from '../../adapters/local/system-random.ts'
import { messageOf, SluiceError } from '../../model/errors.ts'
import type { BatchPlan } from '../../model/task.ts'
import { fingerprint } from '../../plan/fingerprint.ts'
import { TaskProgram } from '../../runtime/task/program.ts'
import { reviveError } from '../../runtime/serialised-error.ts'
import type { TaskHost } from '../../runtime/task/execution.ts'
import { runTask } from '../../runtime/task/run-task.ts'
import type { StreamingContext } from '../../api/dstream/streaming-context.ts'
import { HeapWatch } from './heap-watch.ts'
import { unlessLeft, watchBroken, watchExit } from './left-task.ts'
import { loadGraph } from './load-graph.ts'
import type { BlobCall, FromWorker, ToWorker, WorkerStart } from './worker-messages.ts'

/** A task thread: loads the program, then runs what it is told, one task at a time. */
const start = workerData as WorkerStart
const port = parentPort!
const tell = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)

let plan: BatchPlan | null = null
let asked = 0
const calls = new Map<
  number,
  { resolve: (answer: Extract<ToWorker, { kind: 'answer' }>) => void; reject: (error: unknown) => void }
>()

/** Calls the main thread's blob store. */
async function ask(call: BlobCall, transfer: ArrayBuffer[] = []): Promise<Extract<ToWorker, { kind: 'answer' }>> {
  const id = asked++
  return new Promise((resolve, reject) => {
    calls.set(id, { resolve, reject })
    tell({ kind: 'blob', id, call }, transfer)
  })
}

const mainBlobs: BlobStore = {
  putNew: async (key, bytes) => {
    await ask(
      { method: 'putNew', key, bytes },
      bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength ? [bytes.buffer] : [],
    )
  },
  get: async (key) => (await ask({ method: 'get', key })).bytes!,
  getRange: async (key, offset, length) => (await ask({ method: 'getRange', key, offset, length })).bytes!,
  list: async (prefix) => (await ask({ method: 'list', prefix })).keys!,
  delete: async (key) => {
    await ask({ method: 'delete', key })
  },
}

async function blobsOf({ folder, sync }: WorkerStart): Promise<BlobStore> {
  if (folder === null) return mainBlobs
  return splitBlobs(await openDirectoryBlobs(folder, { sync }))
}

/** Durable objects go to the directory from here; shuffle blocks stay in the main thread's memory. */
function splitBlobs(durable: BlobStore): BlobStore {
  const of = (key: string): BlobStore => {
    if (kindOf(key) === 'shuffle') return mainBlobs
    return durable
  }
  return {
    putNew: (key, bytes) => of(key).putNew(key, bytes),
    get: (key) => of(key).get(key),
    getRange: (key, offset, length) => of(key).getRange(key, offset, length),
    list: (prefix) => of(prefix).list(prefix),
    delete: (key) => of(key).delete(key),
  }
}

const log: Log = { event: (event) => tell({ kind: 'event', event }) }

// The program's own words were said by the main thread; here it is loaded for its graph alone.
const write = process.stdout.write.bind(process.stdout)
process.stdout.write = () => true

async function run(context: StreamingContext): Promise<void> {
  const program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
  if (program.fingerprint !== start.fingerprint)
    throw new SluiceError('E_NOT_DETERMINISTIC', 'The program built another graph in a worker thread.', {
      did: 'nothing was started',
      next: ['build the graph from the arguments and the environment alone'],
    })
  const host: TaskHost = { blobs: await blobsOf(start), random: systemRandom, clock: systemClock, log }
  new HeapWatch(log, 'A worker thread', () => null).open()
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'plan') plan = message.plan
    if (message.kind === 'answer') settle(message)
    if (message.kind === 'end') void arrived().then(() => tell({ kind: 'ended' }))
    if (message.kind === 'task')
      void runTask({ ...message.spec, plan: plan! }, program, host).then((report) =>
        tell({ kind: 'report', id: message.id, report: unlessLeft(report, message.spec) }),
      )
  })
  process.stdout.write = write
  watchBroken(process.exit, (error) => tell({ kind: 'broken', error }))
  watchExit()
  tell({ kind: 'ready' })
}

/** A write is done once the main thread has it. */
const arrived = (): Promise<unknown> => Promise.all([process.stdout, process.stderr].map((stream) => written(stream)))

function settle(answer: Extract<ToWorker, { kind: 'answer' }>): void {
  const call = calls.get(answer.id)!
  calls.delete(answer.id)
  if (answer.error) call.reject(reviveError(answer.error))
  else call.resolve(answer)
}

loadGraph(start.module, start.args)
  .then(run)
  .catch((error: unknown) => tell({ kind: 'refused', message: messageOf(error) }))
