import { given } from '../../model/given.ts'
import { Worker } from 'node:worker_threads'
import { kindOf } from '../../checkpoint/object-keys.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import type { TaskLauncher } from '../../host/launcher.ts'
import type { Log } from '../../host/log.ts'
import { MemoryBlobStore } from '../../adapters/local/blob-memory.ts'
import { messageOf, SluiceError } from '../../model/errors.ts'
import { ownModule } from '../../model/library.ts'
import type { BatchPlan, SerialisedError, TaskReport, TaskSpec } from '../../model/task.ts'
import { asStoreFault } from '../../runtime/task/tracked-blobs.ts'
import { serialiseError } from '../../runtime/serialised-error.ts'
import { lastWords, passOn } from './last-words.ts'
import type { BlobCall, FromWorker, ToWorker, WorkerStart } from './worker-messages.ts'

/**
 * Runs tasks in worker threads. Each loads the program's module and rebuilds the graph, so that only plain data
 * crosses; blocks cross by transfer. Shuffle blocks need not outlive the batch: they stay in memory here, whatever else
 * is kept in a directory.
 */
export class WorkerLauncher implements TaskLauncher {
  readonly slots: number
  readonly #workers: TaskWorker[]
  readonly #waiting: PromiseWithResolvers<TaskWorker>[] = []
  readonly #shuffles: Shuffles
  #batch = ''
  #closed = false

  private constructor(workers: TaskWorker[], shuffles: Shuffles) {
    this.#shuffles = shuffles
    this.slots = workers.length
    this.#workers = workers
  }

  /** `deadlineMs`: how long a task may run before its thread is ended; `null`: as long as it likes. */
  static async start(
    count: number,
    start: WorkerStart,
    host: WorkerHost,
    deadlineMs: number | null,
  ): Promise<WorkerLauncher> {
    const shuffles: Shuffles = { store: new MemoryBlobStore() }
    const workers = Array.from({ length: count }, () => new TaskWorker(start, host, shuffles, deadlineMs))
    try {
      await Promise.all(workers.map((worker) => worker.ready()))
    } catch (error) {
      await Promise.all(workers.map((worker) => worker.close()))
      throw error
    }
    return new WorkerLauncher(workers, shuffles)
  }

  async launch(spec: TaskSpec): Promise<TaskReport> {
    this.#forgetShuffles(spec.plan.nonce)
    const worker = await this.#idle()
    try {
      return await worker.run(spec)
    } finally {
      this.#free(worker)
    }
  }

  /** Blocks of the batch before are of no use to anyone. */
  #forgetShuffles(nonce: string): void {
    if (this.#batch === nonce) return
    this.#batch = nonce
    this.#shuffles.store = new MemoryBlobStore()
  }

  async #idle(): Promise<TaskWorker> {
    if (this.#closed) throw closed()
    const worker = this.#workers.find((each) => !each.busy)
    if (worker) {
      worker.busy = true
      return worker
    }
    const next = Promise.withResolvers<TaskWorker>()
    this.#waiting.push(next)
    return next.promise
  }

  #free(worker: TaskWorker): void {
    const next = this.#waiting.shift()
    if (next) next.resolve(worker)
    else worker.busy = false
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const { reject } of this.#waiting.splice(0)) reject(closed())
    await Promise.all(this.#workers.map((worker) => worker.close()))
  }
}

/** What threads use of the main thread. */
interface WorkerHost {
  readonly blobs: BlobStore
  readonly log: Log
}

interface Shuffles {
  store: MemoryBlobStore
}

class TaskWorker {
  busy = false
  readonly #start: WorkerStart
  readonly #host: WorkerHost
  readonly #shuffles: Shuffles
  readonly #deadlineMs: number | null
  #worker: Worker
  /** What its functions print is written, to the last of it. */
  #printed: Promise<void> = Promise.resolve()
  #ready: Promise<void>
  /** The plan that the worker has, which grows while its batch is computed. */
  #plan: BatchPlan | null = null
  #nextId = 0
  #pending: {
    readonly id: number
    readonly resolve: (report: TaskReport) => void
    readonly reject: (error: unknown) => void
  } | null = null
  /** Its thread has ended. */
  #isGone = false
  /** It listens. */
  #isReady = false

  constructor(start: WorkerStart, host: WorkerHost, shuffles: Shuffles, deadlineMs: number | null) {
    this.#deadlineMs = deadlineMs
    this.#start = start
    this.#host = host
    this.#shuffles = shuffles
    ;[this.#worker, this.#ready] = this.#spawn()
  }

  ready(): Promise<void> {
    return this.#ready
  }

  #spawn(): [Worker, Promise<void>] {
    const worker = new Worker(ownModule('hosts/embedded/worker'), {
      workerData: this.#start,
      argv: [...this.#start.args],
      stdout: true,
      stderr: true,
    })
    this.#printed = passOn(worker)
    const ready = new Promise<void>((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') {
          this.#isReady = true
          resolve()
        } else if (message.kind === 'refused') reject(notStarted(message.message))
        else this.#heard(worker, message)
      })
      worker.on('error', (error: Error) => {
        reject(notStarted(`A worker thread could not be started: ${messageOf(error)}`, error))
        this.#lost(worker, error)
      })
      worker.on('exit', () => {
        reject(notStarted('A worker thread ended before it was ready.'))
        this.#lost(worker, new Error('the worker thread ended'))
      })
    })
    ready.catch(() => {}) // whoever waits for it hears of it
    return [worker, ready]
  }

  async run(spec: TaskSpec): Promise<TaskReport> {
    if (this.#isGone) [this.#worker, this.#ready] = this.#spawn()
    this.#isGone = false
    await this.#ready
    const { plan, ...rest } = spec
    if (this.#plan !== plan) this.#tell({ kind: 'plan', plan })
    this.#plan = plan
    const id = this.#nextId++
    const timer = this.#timerFor(spec)
    try {
      return await new Promise((resolve, reject) => {
        this.#pending = { id, resolve, reject }
        this.#tell({ kind: 'task', id, spec: rest })
      })
    } finally {
      clearTimeout(timer)
    }
  }

  #timerFor(spec: TaskSpec): NodeJS.Timeout | undefined {
    const deadlineMs = this.#deadlineMs
    if (deadlineMs === null) return undefined
    return setTimeout(() => void this.#overdue(spec, deadlineMs), deadlineMs)
  }

  /** Nothing but its end stops a thread that does not come to rest. */
  async #overdue({ task, plan }: TaskSpec, deadlineMs: number): Promise<void> {
    this.#pending?.reject(
      new SluiceError('E_TASK_TIMEOUT', `Task ${task} ran for more than ${deadlineMs} ms.`, {
        where: { batch: plan.batch },
        did: 'its thread was ended, and nothing of this attempt was used',
        retry: true,
        next: ["look for a loop that does not end, or raise conf.set('sluice.task.timeout', …)"],
      }),
    )
    this.#pending = null
    await this.#worker.terminate()
  }

  #tell(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer)
  }

  #heard(worker: Worker, message: FromWorker): void {
    if (message.kind === 'report' && message.id === this.#pending?.id) {
      const { resolve } = this.#pending
      this.#pending = null
      resolve(message.report)
    }
    if (message.kind === 'broken') this.#broken(worker, message.error)
    if (message.kind === 'event') this.#host.log.event(message.event)
    if (message.kind === 'blob') void this.#answer(worker, message.id, message.call)
  }

  async #answer(worker: Worker, id: number, call: BlobCall): Promise<void> {
    try {
      const result = await this.#call(call)
      worker.postMessage({
        kind: 'answer',
        id,
        ...given({ bytes: result instanceof Uint8Array && result, keys: Array.isArray(result) && result }),
      } satisfies ToWorker)
    } catch (error) {
      worker.postMessage({ kind: 'answer', id, error: serialiseError(asStoreFault(error)) } satisfies ToWorker)
    }
  }

  #call(call: BlobCall): Promise<Uint8Array | string[] | void> {
    const key = call.method === 'list' ? call.prefix : call.key
    const store: BlobStore = kindOf(key) === 'shuffle' ? this.#shuffles.store : this.#host.blobs
    switch (call.method) {
      case 'putNew':
        return store.putNew(call.key, call.bytes)
      case 'get':
        return store.get(call.key)
      case 'getRange':
        return store.getRange(call.key, call.offset, call.length)
      case 'list':
        return store.list(call.prefix)
      case 'delete':
        return store.delete(call.key)
    }
  }

  #broken(worker: Worker, { message, where: { place } }: SerialisedError): void {
    const words = place ? `${message} (${place})` : message
    const more = 'its thread was ended, and what that was at is done again. Answer with the promise, or catch its error'
    this.#host.log.event({
      type: 'thread-broken',
      level: 'warn',
      message: `something that a function began failed while nobody waited for it: ${words}; ${more}`,
    })
    this.#lost(worker, new Error(words))
  }

  /**
   * The task is lost with its thread. The next task starts another one, and no sooner: a thread that cannot start would
   * be started for ever.
   */
  #lost(worker: Worker, error: unknown): void {
    if (worker !== this.#worker) return
    this.#isGone = true
    this.#isReady = false
    this.#pending?.reject(error)
    this.#pending = null
    this.#plan = null
  }

  /** What its functions have printed is on its way still, where the thread is ended at once. */
  async close(): Promise<void> {
    if (this.#isReady && !this.busy && !(await lastWords(this.#worker)))
      this.#host.log.event({
        type: 'thread-broken',
        level: 'warn',
        message:
          'a thread without a task did not come to rest: it was ended, and of what functions have printed there some ' +
          'may be missing. Look for a loop that does not end in what a function began and did not wait for',
      })
    await this.#worker.terminate()
    await this.#printed
  }
}

const closed = (): Error => new Error('the threads have been ended')

const notStarted = (message: string, cause?: unknown): SluiceError =>
  new SluiceError('E_WORKER', message, {
    did: 'nothing was started',
    next: ['run without --workers to see the program alone'],
    cause,
  })
