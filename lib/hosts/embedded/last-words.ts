import type { Readable } from 'node:stream'
import type { Worker } from 'node:worker_threads'
import { written } from '../../host/written.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/** A thread that has no task has nothing else to do, unless the program has begun something there. */
const SILENCE_MS = 5000

/**
 * Waits until what functions have printed in a thread has arrived, for as long as more of it does. Whether all of it
 * has: a thread that neither prints nor answers is not waited for.
 */
export async function lastWords(worker: Worker): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), SILENCE_MS)
  for (const printed of [worker.stdout, worker.stderr]) printed.on('data', () => timer.refresh())
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'ended') resolve(true)
  })
  worker.on('exit', () => resolve(true))
  worker.postMessage({ kind: 'end' } satisfies ToWorker)
  const all = await promise
  clearTimeout(timer)
  return all
}

/**
 * Passes on what functions print in a thread, as fast as whoever reads this process takes it; resolves once the thread
 * has ended and all of it is written. What nobody reads any more is dropped: who watches the stream has heard of it.
 */
export const passOn = async ({ stdout, stderr }: Worker): Promise<void> => {
  await Promise.all([copied(stdout, process.stdout), copied(stderr, process.stderr)])
}

async function copied(from: Readable, to: NodeJS.WriteStream): Promise<void> {
  for await (const chunk of from) await written(to, chunk as Uint8Array)
}
