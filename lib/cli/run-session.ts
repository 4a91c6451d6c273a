import type { Log } from '../host/log.ts'
import { isMisfit } from '../model/error-codes.ts'
import { SluiceError } from '../model/errors.ts'
import { callerPlace } from '../model/place.ts'
import type { AppStarting, AppStopping, EngineEvent } from '../model/events.ts'
import { readSetting } from '../model/settings/read.ts'
import { readVariable } from '../model/settings/read-variable.ts'
import { StreamingContext } from '../api/dstream/streaming-context.ts'
import { leftBehind } from '../hosts/program/left-behind.ts'
import { JsonReporter } from './json-reporter.ts'
import { LogFile } from './log-file.ts'
import type { Reporter, ReporterOptions } from './reporter.ts'
import { onStopSignals } from './signals.ts'
import { TextReporter } from './text-reporter.ts'
import { counted } from './units.ts'
import { startWatchdog } from './watchdog.ts'

/** Ends this process; what the program calls for that is watched. */
const exit: (code: number) => never = process.exit.bind(process)

/** From the command line to the exit code: who hears what, and how a run ends. */
export class RunSession implements Log {
  /** Whether the program has started a context. */
  started = false
  /** Resolves when ^C is heard whatever the program does. */
  watched: Promise<void> = Promise.resolve()
  readonly #options: ReporterOptions
  readonly #reporters: Reporter[]
  readonly #told = new WeakSet<object>()
  #stoppedAt: number | null = null
  /** How many prints were not shown since somebody asked for that; `null` while they are. */
  #unseen: number | null = null
  /** The error that a handler of last resort caught. */
  #fail: (error: unknown) => void = () => {}

  constructor(options: ReporterOptions & { readonly json: boolean }) {
    this.#options = options
    this.#reporters = [reporterOf(options)]
  }

  event(event: EngineEvent): void {
    if (event.type === 'starting') this.#starting(event)
    if (event.type === 'stopping') this.#stopping(event)
    else if (event.type === 'error') this.#tell(event.error)
    else for (const reporter of this.#reporters) reporter.event(event)
  }

  /** Once: an error is logged where it happens, and thrown where somebody waits, as it is or wrapped. */
  #tell(error: unknown): void {
    const faces = [error, error instanceof Error ? error.cause : undefined].filter(
      (face) => typeof face === 'object' && face !== null,
    )
    const isKnown = faces.some((face) => this.#told.has(face))
    for (const face of faces) this.#told.add(face)
    if (!isKnown) for (const reporter of this.#reporters) reporter.error(error)
  }

  #starting({ dir }: AppStarting): void {
    this.started = true
    if (dir === null) return
    const [screen] = this.#reporters
    const failed = (message: string): void => screen.event({ type: 'log-file', level: 'warn', message })
    this.#reporters.push(new LogFile(dir, this.#options.version, failed))
  }

  print(text: string): void {
    if (this.#unseen !== null) this.#unseen++
    else this.#print(text)
  }

  #print(text: string): void {
    for (const reporter of this.#reporters) reporter.print(text)
  }

  #showPrints(shown: boolean): void {
    const unseen = this.#unseen
    this.#unseen = shown ? null : (unseen ?? 0)
    if (shown && unseen !== null) process.stderr.write(`  … ${counted(unseen, 'print')} not shown\n`)
  }

  /** Tells the process that watches this one which files it consists of. */
  loaded(url: string): void {
    tellWatcher({ loaded: url })
  }

  /** Runs until `execute` is done; resolves with the exit code. */
  async run(execute: () => Promise<void>): Promise<number> {
    const watchdog = startWatchdog()
    this.watched = watchdog.ready
    const unlisten = onStopSignals({
      stop: (signal) => {
        watchdog.asked()
        this.#stop(signal)
      },
      quit: () => this.#quit(),
    })
    this.#watchParent()
    const crashed = new Promise<never>((_, reject) => {
      this.#fail = reject
    })
    process.on('uncaughtException', (error) => this.#fail(error))
    this.#watchExit()
    const code = await Promise.race([execute(), crashed]).then(
      // A program may have said itself how it ended.
      () => Number(process.exitCode ?? 0),
      (error: unknown) => this.#failed(error),
    )
    unlisten()
    this.#end(code)
    return code
  }

  async #failed(error: unknown): Promise<number> {
    this.#tell(error)
    if (error instanceof SluiceError && isMisfit(error.code)) tellWatcher({ misfit: true })
    await StreamingContext.getActive()
      ?.stop(true, false)
      .catch(() => {})
    if (!(error instanceof SluiceError)) return 1
    return error.fault === 'caller' ? 2 : error.where.exitCode || 1
  }

  #stop(signal: 'SIGINT' | 'SIGTERM'): void {
    const context = StreamingContext.getActive()
    if (!context) this.#quit()
    else {
      const graceful =
        signal === 'SIGINT' || readSetting(context.sparkContext.conf, 'spark.streaming.stopGracefullyOnShutdown')
      this.#stoppedAt = Date.now()
      context.stop(true, graceful).catch((error: unknown) => this.#fail(error))
    }
  }

  /** What is still to come, when somebody asked for the end. */
  #stopping({ batches, dueMs }: AppStopping): void {
    if (this.#stoppedAt === null) return
    for (const reporter of this.#reporters) reporter.stopping({ batches, dueMs })
  }

  #quit(): void {
    this.#end(130)
    exit(130)
  }

  /** A program that leaves while its streams run has not done what it was started for, whatever it says. */
  #watchExit(): void {
    process.exit = (given) => {
      const code = Number(given ?? process.exitCode ?? 0)
      if (!StreamingContext.getActive()) exit(code)
      this.#tell(leftBehind(code, callerPlace()))
      this.#end(code || 1)
      exit(code || 1)
    }
  }

  #end(code: number): void {
    const stoppedMs = this.#stoppedAt === null ? null : Date.now() - this.#stoppedAt
    for (const reporter of this.#reporters) reporter.end(code, stoppedMs)
  }

  /** Without its watcher a watched run would go on unseen. */
  #watchParent(): void {
    if (!readVariable(process.env, 'SLUICE_WATCHED')) return
    process.on('disconnect', () => this.#stop('SIGTERM'))
    process.on('message', (message: { readonly prints?: boolean }) => {
      if (message.prints !== undefined) this.#showPrints(message.prints)
    })
    process.channel?.unref()
  }
}

/** What a run tells the process that watches it: a file that it consists of, or that its state does not fit. */
export type ToWatcher = { readonly loaded: string } | { readonly misfit: true }

function tellWatcher(message: ToWatcher): void {
  if (readVariable(process.env, 'SLUICE_WATCHED')) process.send?.(message)
}

/** What a run says of itself, to people or to programs. From here on it alone writes to stdout as it likes. */
export const reporterOf = (options: ReporterOptions & { readonly json: boolean }): Reporter =>
  options.json ? jsonReporter(options) : textReporter(options)

/** Everything else that writes to stdout writes to stderr instead. */
function jsonReporter({ version }: ReporterOptions): Reporter {
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = process.stderr.write.bind(process.stderr)
  return new JsonReporter((line) => {
    write(line)
  }, version)
}

/** On a terminal, a line that is being rewritten must end before the program writes one of its own. */
function textReporter(options: ReporterOptions): Reporter {
  const write = process.stdout.write.bind(process.stdout)
  const reporter = new TextReporter(
    { isTTY: process.stdout.isTTY, write },
    { isTTY: process.stderr.isTTY, write: (text) => process.stderr.write(text) },
    options,
  )
  if (process.stdout.isTTY && process.stderr.isTTY) {
    process.stdout.write = ((...args: Parameters<typeof write>) => {
      reporter.closeLine()
      return write(...args)
    }) as typeof write
  }
  return reporter
}
