import {
  type AppStarting,
  type BatchReport,
  type BatchUnderWay,
  type EngineEvent,
  type Narrowing,
  warningOf,
} from '../model/events.ts'
import { secretsIn, withoutSecrets } from '../adapters/local/known-secrets.ts'
import { batchHeading, batchLine, batchNotes, emptyLine, isEmpty, shortNames, underWayLine } from './batch-line.ts'
import { Behind } from './behind.ts'
import { choicesFor, errorLines, factsOf, nextLines } from './error-lines.ts'
import { Repetitions } from './repetitions.ts'
import type { Reporter, ReporterOptions } from './reporter.ts'
import { headLines, shownDirectory } from './run-head.ts'
import { shortened, visibleLine } from '../model/visible.ts'
import { paint, type Paint } from './terminal.ts'
import { count, counted, duration } from './units.ts'

interface Terminal {
  readonly isTTY: boolean
  write(text: string): unknown
}

/** Lines that are rewritten on a terminal, each kind by itself. */
type Rewritten = 'narrowing' | 'under-way' | 'empty'

/** How often something quiet is mentioned where lines cannot be rewritten. */
const QUIET_MS = 60_000

/** The same of a batch that takes long. */
const UNDER_WAY_MS = 10_000

/** Longer warnings than this are data, not words. */
const WARNING_MAX = 1024

/** A run for people: one line per batch on stderr; stdout gets the bytes of `print()` and nothing else. */
export class TextReporter implements Reporter {
  readonly #out: Terminal
  readonly #err: Terminal
  readonly #options: ReporterOptions
  readonly #paint: Paint
  readonly #clean = withoutSecrets(secretsIn(process.env))
  readonly #errors = new Repetitions()
  readonly #warnings = new Repetitions()
  #starting: AppStarting | null = null
  #names: ReadonlyMap<string, string> = new Map()
  #behind: Behind | null = null
  #retries: string[] = []
  /** What to do about each output that is held, as it was said last. */
  readonly #advice = new Map<string, string>()
  #batches = 0
  #records = 0
  #next = 1
  /** Empty batches since the last line; how many of them were mentioned, and when. */
  #empty = { count: 0, mentioned: 0, time: 0, quietSince: 0 }
  /** Missed batches that are still to come, and what those before them printed unseen. */
  #catchUp = { left: 0, batches: 0, records: 0, prints: 0 }
  /** What the last line is about, which has no newline yet and may be rewritten. */
  #open: Rewritten | null = null
  #underWaySaid = { batch: 0, elapsedMs: 0 }

  constructor(out: Terminal, err: Terminal, options: ReporterOptions) {
    this.#out = out
    this.#err = err
    this.#options = options
    this.#paint = paint(err)
  }

  event(event: EngineEvent): void {
    switch (event.type) {
      case 'starting':
        return this.#begin(event)
      case 'ready':
        return this.#ready(event.committed)
      case 'batch':
        return this.#batch(event)
      case 'task-failed':
        this.#retries.push(event.code)
        return
      case 'narrowing':
        return this.#narrowing(event)
      case 'batch-under-way':
        return this.#underWay(event)
      case 'catching-up':
        this.#warn(event.type, event.message)
        if (this.#options.foldPrints) this.#catchUp = { left: event.missed, batches: 0, records: 0, prints: 0 }
        return
      case 'output-held':
        this.#warn(event.type, event.message)
        return this.#advise(event)
      default:
        this.#warn(event.type, warningOf(event))
    }
  }

  /** One line while bad records are looked for, rewritten with each pass; elsewhere the first pass alone. */
  #narrowing({ batch, pass, records, found }: Narrowing): void {
    if (!this.#err.isTTY && pass > 1) return
    const known = found === 0 ? '' : `, ${count(found)} found`
    const text = this.#paint.dim(
      `  … batch #${count(batch)} failed: looking for the records to blame among ${count(records)}, ` +
        `pass ${pass}${known}`,
    )
    this.#rewritten(text, 'narrowing')
  }

  /** How far a batch has come that takes long, rewritten each time; elsewhere at first and every ten seconds. */
  #underWay(event: BatchUnderWay): void {
    const { batch, elapsedMs } = event
    const isFirst = this.#underWaySaid.batch !== batch
    if (!this.#err.isTTY && !isFirst && elapsedMs - this.#underWaySaid.elapsedMs < UNDER_WAY_MS) return
    this.#underWaySaid = { batch, elapsedMs }
    this.#rewritten(this.#paint.dim(underWayLine(event, this.#starting?.intervalMs ?? Infinity)), 'under-way')
  }

  /** On a terminal the line takes the place of the one before, where that was of the same kind. */
  #rewritten(text: string, kind: Rewritten): void {
    if (!this.#err.isTTY) return this.#line(text)
    if (this.#open !== kind) this.closeLine()
    this.#err.write(this.#open === null ? text : `\r\x1b[2K${text}`)
    this.#open = kind
  }

  #begin(starting: AppStarting): void {
    this.#starting = starting
    this.#behind = new Behind(starting.intervalMs)
    this.#names = shortNames(starting.outputs.map((output) => output.name))
  }

  #ready(committed: number): void {
    this.#next = committed + 1
    if (this.#starting === null) return
    const head = headLines(this.#starting, {
      version: this.#options.version,
      committed,
      startupMs: performance.now(),
      names: this.#names,
    })
    for (const line of [...head.map(visibleLine), '', this.#paint.dim(batchHeading)]) this.#line(line)
  }

  #batch(facts: BatchReport): void {
    this.#batches++
    this.#records += facts.records
    this.#next = facts.batch + 1
    if (this.#isCaughtUp(facts)) return
    const behind = this.#behind?.take(facts.schedulingDelayMs) ?? null
    const notes = batchNotes(facts, this.#starting?.intervalMs ?? Number.POSITIVE_INFINITY, this.#retries, this.#names)
    this.#retries = []
    if (isEmpty(facts) && notes.length === 0 && behind === null) return this.#quiet(facts.time)
    this.#mentionEmpty()
    this.#empty = { count: 0, mentioned: 0, time: 0, quietSince: 0 }
    this.#line(visibleLine(batchLine(facts, this.#names, notes)))
    if (behind !== null) this.#line(this.#paint.warn(`  ! ${behind}`))
  }

  /** In a catch-up that is folded, one line stands for all its batches. */
  #isCaughtUp({ records }: BatchReport): boolean {
    const run = this.#catchUp
    if (run.left === 0) return false
    run.left--
    run.batches++
    run.records += records
    this.#retries = []
    if (run.left === 0) this.#mentionCaughtUp()
    return true
  }

  #mentionCaughtUp(): void {
    const { batches, records, prints } = this.#catchUp
    if (batches === 0) return
    this.#catchUp = { left: 0, batches: 0, records: 0, prints: 0 }
    const unseen = prints === 0 ? '' : `; ${counted(prints, 'print')} not shown`
    const caughtUp = `${counted(batches, 'batch', 'batches')}, ${counted(records, 'record')}`
    this.#line(this.#paint.dim(`  … caught up: ${caughtUp}${unseen}`))
  }

  #quiet(time: number): void {
    const empty = this.#empty
    empty.count++
    empty.time = time
    if (empty.quietSince === 0) empty.quietSince = time
    const rewrites = this.#err.isTTY && (this.#open === 'empty' || empty.mentioned === 0)
    if (!rewrites && time - empty.quietSince < QUIET_MS) return
    empty.quietSince = time
    this.#mentionEmpty()
  }

  /** On a terminal the line stays open, and the next mention takes its place. */
  #mentionEmpty(): void {
    const { count: empty, mentioned, time } = this.#empty
    if (empty === mentioned) return
    this.#empty.mentioned = empty
    this.#rewritten(this.#paint.dim(emptyLine(time, empty)), 'empty')
  }

  print(text: string): void {
    if (this.#catchUp.left > 0) {
      this.#catchUp.prints++
      return
    }
    this.closeLine()
    this.#out.write(text)
  }

  error(error: unknown): void {
    this.#retries = []
    const { code, message, where } = factsOf(error)
    const told = this.#errors.take(
      JSON.stringify([code, message.replaceAll(/\d+/g, 'n'), where.operator, where.place]),
      Date.now(),
    )
    this.#mentionFolded('error', told.folded)
    if (!told.isNew) return
    this.closeLine()
    const [paint, verbose, clean, dir] = [this.#paint, this.#options.verbose, this.#clean, this.#shownDir]
    this.#err.write(errorLines(error, { paint, verbose, clean, dir }))
  }

  /** `null` where the run has none, `undefined` before it has said so. */
  get #shownDir(): string | null | undefined {
    const dir = this.#starting?.dir
    return typeof dir === 'string' ? shownDirectory(dir).replace(/\/$/, '') : dir
  }

  /** Once, and again where it changes: the output is tried many times. */
  #advise({ output, next }: { readonly output: string; readonly next: readonly string[] }): void {
    const lines = nextLines(choicesFor(next, this.#shownDir).map((choice) => visibleLine(this.#clean(choice))))
    if (lines.join('\n') === this.#advice.get(output)) return
    this.#advice.set(output, lines.join('\n'))
    for (const line of lines) this.#line(line)
  }

  #warn(type: string, message: string | null): void {
    if (message === null) return
    // `receiver restart: Error connecting to …`
    const words = `${type.replaceAll('-', ' ')}: ${message}`
    const shown = shortened(visibleLine(this.#clean(words)), WARNING_MAX)
    const told = this.#warnings.take(shown, Date.now())
    this.#mentionFolded('warning', told.folded)
    if (told.isNew) this.#line(this.#paint.warn(`  ! ${shown}`))
  }

  #mentionFolded(what: 'error' | 'warning', times: number): void {
    if (times > 0)
      this.#line(this.#paint.dim(`  … same ${what} ${times === 1 ? 'once more' : `${count(times)} more times`}`))
  }

  stopping({ batches, dueMs }: Parameters<Reporter['stopping']>[0]): void {
    this.#mentionEmpty()
    const which =
      batches === 1
        ? `batch #${count(this.#next)}`
        : `batches #${count(this.#next)} to #${count(this.#next + batches - 1)}`
    const wait = dueMs >= 1000 ? `, due in ${duration(dueMs)}; ^C again quits now` : ''
    this.#line(`  finishing ${which} …${wait}`)
  }

  end(exitCode: number, stoppedMs: number | null): void {
    this.#mentionCaughtUp()
    this.#mentionEmpty()
    this.#mentionFolded('warning', this.#warnings.rest())
    this.#mentionFolded('error', this.#errors.rest())
    this.closeLine()
    if (exitCode !== 0 || !this.#starting) return
    const done =
      stoppedMs === null
        ? `done: ${counted(this.#batches, 'batch', 'batches')}, ${counted(this.#records, 'record')}`
        : `done in ${duration(stoppedMs)}`
    this.#line(`  ${done}. ${this.#stateAfter(this.#starting)}`)
  }

  #stateAfter({ dir, continues }: AppStarting): string {
    if (dir === null) return 'State was in memory.'
    const next = continues ? `the same command goes on with #${count(this.#next)}` : 'the next run begins anew'
    return `State is in ${shownDirectory(dir)}; ${next}.`
  }

  /** Before anybody else writes to the same terminal. */
  closeLine(): void {
    if (this.#open === null) return
    // Of a batch that takes long the line of the batch says more.
    this.#err.write(this.#open === 'under-way' ? '\r\x1b[2K' : '\n')
    this.#open = null
  }

  #line(text: string): void {
    this.closeLine()
    this.#err.write(`${text}\n`)
  }
}
