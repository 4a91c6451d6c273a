import { Worker } from 'node:worker_threads'
import { ownModule } from '../model/library.ts'

interface Watchdog {
  /** The process was asked to stop: from here on a ^C is the second one. */
  asked(): void
  /** Resolves when it listens. */
  readonly ready: Promise<void>
}

/** A second ^C ends the process within a second, whatever it is doing: a thread of its own sees to that. */
export function startWatchdog(): Watchdog {
  const shared = new SharedArrayBuffer(4)
  const thread = new Worker(ownModule('cli/watchdog-thread'), { workerData: shared, stdout: false, stderr: false })
  const { promise: ready, resolve } = Promise.withResolvers<void>()
  thread.on('message', (said: 'ready' | 'SIGINT') => {
    if (said === 'SIGINT') process.emit('SIGINT', 'SIGINT')
    resolve()
    thread.unref()
  })
  // Without the thread ^C does what it does in a process that listens to nothing: it ends it.
  thread.on('error', () => resolve())
  return { ready, asked: () => void Atomics.store(new Int32Array(shared), 0, 1) }
}
