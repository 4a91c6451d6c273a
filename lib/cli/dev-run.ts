import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ToWatcher } from './run-session.ts'

interface DevRunOptions {
  readonly file: string
  readonly args: readonly string[]
  readonly dir: string
  readonly workers: number
  readonly verbose: boolean
  /** As `sluice run` takes it. */
  readonly dropState: string | null
  readonly skipMissed: boolean
  /** What is read in the place of sources. */
  readonly sources: string
  /** Where outputs go; `null`: as their records come from the real source or not. */
  readonly outputs: string | null
  /** Hears the path of every file that the program consists of. */
  readonly loaded: (path: string) => void
  /** Hears of every start. */
  readonly started: () => void
}

/** How long a run may take to finish its batch before it is ended: the change is waiting. */
const PATIENCE_MS = 10_000

/** What shells say of who was ended by ^C. */
const INTERRUPTED = 130

/** A program in a process of its own: code that was loaded cannot be unloaded, only left behind. */
export class DevRun {
  readonly #options: DevRunOptions
  /** The exit code, once nothing shall run any more. */
  readonly ended: Promise<number>
  #end: (code: number) => void = () => {}
  #child: ChildProcess | null = null
  #exited: Promise<unknown> = Promise.resolve()
  #verbose: boolean
  #prints = true
  #next: { readonly fresh: boolean } | null = null
  #stopping = false
  /** The program of the newest run has no place for what is stored. */
  #isMisfit = false
  /** How often the end was asked for. */
  #asked = 0

  constructor(options: DevRunOptions) {
    this.#options = options
    this.#verbose = options.verbose
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  /** Whether `print` is shown from now on; what is not shown is counted. */
  togglePrints(): boolean {
    this.#prints = !this.#prints
    this.#child?.send({ prints: this.#prints })
    return this.#prints
  }

  get isMisfit(): boolean {
    return this.#isMisfit
  }

  toggleVerbose(): boolean {
    return (this.#verbose = !this.#verbose)
  }

  start(fresh: boolean): void {
    const { file, args, dir, workers, dropState, skipMissed } = this.#options
    const flags = [
      '--dir',
      dir,
      '--workers',
      String(workers),
      ...(fresh ? ['--fresh'] : []),
      ...(skipMissed ? ['--skip-missed'] : []),
      ...(this.#verbose ? ['--verbose'] : []),
      ...(dropState === null ? [] : ['--drop-state', dropState]),
    ]
    const child = spawn(process.execPath, [process.argv[1], 'run', file, ...flags, '--', ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: {
        ...process.env,
        SLUICE_WATCHED: '1',
        SLUICE_SOURCES: this.#options.sources || 'demo',
        ...(this.#options.outputs === null ? {} : { SLUICE_OUTPUTS: this.#options.outputs }),
      },
      // Not in our process group: a ^C reaches this process alone, which passes it on once.
      detached: true,
    })
    this.#child = child
    this.#isMisfit = false
    this.#options.started()
    if (!this.#prints) child.send({ prints: false })
    child.on('message', (message: ToWatcher) => {
      if ('loaded' in message) this.#options.loaded(fileURLToPath(message.loaded))
      else this.#isMisfit = message.misfit
    })
    // What it has said last may arrive after the word that it has ended.
    const silent = new Promise<void>((resolve) => child.once('disconnect', resolve))
    this.#exited = new Promise((resolve) => {
      child.on('exit', (code, signal) => {
        void silent.then(() => resolve(this.#left(signal === 'SIGINT' ? INTERRUPTED : code)))
      })
    })
  }

  #left(status: number | null): void {
    this.#child = null
    // Who was still loading had no batch to finish: to be told to end is no failure.
    const isAsked = this.#asked === 1 && status === INTERRUPTED
    if (this.#stopping) this.#end(isAsked ? 0 : (status ?? 1))
    else if (!this.#next) process.stderr.write(`  … waiting for a change${this.#keys()}\n`)
  }

  /** What may be typed instead of a change. */
  #keys(): string {
    if (!process.stdin.isTTY) return this.#isMisfit ? '; --fresh begins anew, without what is stored' : ''
    return this.#isMisfit ? '; f begins anew, without what is stored' : '; r runs it again'
  }

  /** Lets the run finish its batch and starts the next; changes that come meanwhile are part of it. */
  async again(why: string, fresh: boolean): Promise<void> {
    const isUnderWay = this.#next !== null
    this.#next = { fresh: fresh || this.#next?.fresh === true }
    if (isUnderWay || this.#stopping) return
    process.stderr.write(why)
    const child = this.#child
    child?.kill('SIGTERM')
    const timer = setTimeout(() => child?.kill('SIGKILL'), PATIENCE_MS)
    await this.#exited
    clearTimeout(timer)
    const next = this.#next
    this.#next = null
    if (this.#stopping) this.#end(0)
    else this.start(next.fresh)
  }

  stop(signal: NodeJS.Signals): void {
    this.#stopping = true
    this.#asked++
    if (this.#child) this.#child.kill(signal)
    else if (!this.#next) this.#end(0)
  }
}
