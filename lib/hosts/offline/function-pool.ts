import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { ownModule } from '../../model/library.ts'
import { MarkedOutput } from './marked-output.ts'

/** What a process is asked to do. */
export interface Asked {
  readonly id: string
  readonly payload: string
  /** Ms since the epoch. */
  readonly deadline: number
  /** What it writes to its output at the end. */
  readonly mark: string
}

/** What a process answers. */
export type Told = { readonly kind: 'done'; readonly payload: string } | Failed

export interface Failed {
  readonly kind: 'failed'
  readonly errorType: string
  readonly errorMessage: string
  readonly trace: readonly string[]
  /** What the error holds besides, for whoever has started this. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** One function, and where it runs. */
interface FunctionSettings {
  readonly name: string
  /** The file that exports `handler`. */
  readonly bundle: string
  /** The folder that its processes are in: there is nothing in it. */
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** MB. */
  readonly memorySize: number
  /** Seconds. */
  readonly timeout: number
  /** Hears what it writes to its standard output. */
  readonly wrote: (text: string) => void
  /** Hears of every invocation that failed, as the log of a function tells. */
  readonly failed: (told: Failed) => void
}

/** Most bytes of what goes into a function and of what comes out of it. */
export const PAYLOAD_MAX = 6 * 1024 * 1024

/** The processes of one function: as many as run at once, each with one invocation at a time; idle ones stay warm. */
export class FunctionPool {
  readonly #settings: FunctionSettings
  readonly #idle = new Set<FunctionProcess>()
  readonly #all = new Set<FunctionProcess>()

  constructor(settings: FunctionSettings) {
    this.#settings = settings
  }

  /** As Lambda answers: what the handler returns or throws, or what became of a process that ended or took too long. */
  async invoke(payload: string): Promise<Told> {
    const instance = this.#warm() ?? this.#begin()
    const answer = await instance.invoke(payload)
    if (instance.isAlive) this.#idle.add(instance)
    const isTooLarge = answer.kind === 'done' && Buffer.byteLength(answer.payload) > PAYLOAD_MAX
    const told = isTooLarge ? tooLarge(answer.payload) : answer
    if (told.kind === 'failed') this.#settings.failed(told)
    return told
  }

  /** The one that was at work last. */
  #warm(): FunctionProcess | undefined {
    const instance = [...this.#idle].at(-1)
    if (instance) this.#idle.delete(instance)
    return instance
  }

  #begin(): FunctionProcess {
    const instance: FunctionProcess = new FunctionProcess(this.#settings, () => {
      this.#all.delete(instance)
      this.#idle.delete(instance)
    })
    this.#all.add(instance)
    return instance
  }

  /** Ends all of its processes, whatever they do. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#all, (instance) => instance.end()))
  }
}

class FunctionProcess {
  readonly #settings: FunctionSettings
  readonly #child: ChildProcess
  readonly #gone: Promise<Told>
  #output: MarkedOutput
  isAlive = true

  constructor(settings: FunctionSettings, ended: () => void) {
    this.#settings = settings
    const { name, bundle, folder, environment, memorySize, wrote } = settings
    this.#output = new MarkedOutput(wrote)
    this.#child = fork(fileURLToPath(ownModule('hosts/offline/function-process')), [bundle], {
      cwd: folder,
      env: { ...environment, AWS_LAMBDA_FUNCTION_NAME: name, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize) },
      execArgv: ['--enable-source-maps', `--max-old-space-size=${memorySize}`],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      // A group of its own: ^C reaches whoever started it, who ends it in order.
      detached: true,
    })
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => this.#output.take(text))
    this.#gone = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.isAlive = false
        this.#output.end()
        ended()
        resolve(exited(signal ?? `exit status ${code}`))
      })
    })
  }

  async invoke(payload: string): Promise<Told> {
    const { timeout } = this.#settings
    const id = randomUUID()
    const mark = `\0end ${id}`
    const deadline = Date.now() + timeout * 1000
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      this.#child.kill('SIGKILL')
    }, timeout * 1000)
    const told = new Promise<Told>((resolve) => this.#child.once('message', (answer: Told) => resolve(answer)))
    const written = this.#output.until(mark)
    this.#child.send({ id, payload, deadline, mark } satisfies Asked, () => {})
    const answer = await Promise.race([Promise.all([told, written]).then(([first]) => first), this.#gone])
    clearTimeout(timer)
    this.#child.removeAllListeners('message')
    return timedOut ? outOfTime(id, timeout) : answer
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#gone
  }
}

const exited = (how: string): Told => ({
  kind: 'failed',
  errorType: 'Runtime.ExitError',
  errorMessage: `Runtime exited with error: ${how}`,
  trace: [],
})

const outOfTime = (id: string, timeout: number): Told => ({
  kind: 'failed',
  errorType: 'Sandbox.Timedout',
  errorMessage: `RequestId: ${id} Error: Task timed out after ${timeout.toFixed(2)} seconds`,
  trace: [],
})

const tooLarge = (payload: string): Told => ({
  kind: 'failed',
  errorType: 'Function.ResponseSizeTooLarge',
  errorMessage: `Response payload size (${Buffer.byteLength(payload)} bytes) exceeded maximum allowed payload size`,
  trace: [],
})
