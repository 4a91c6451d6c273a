import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EmbeddedEngine } from '../../lib/hosts/embedded/embedded-engine.ts'
import { setEmbeddedOptions } from '../../lib/hosts/embedded/embedded-host.ts'
import { SparkContext, StreamingContext } from '../../lib/index.ts'
import { ManualClock } from '../../lib/adapters/local/manual-clock.ts'
import { newScope } from './functions.ts'

/** How long real work (disk, sockets) may take before a wait for it is given up. */
const PATIENCE_MS = 10_000
/** What work without clock needs at most; only then is the clock moved for somebody who waits. */
const WORK_MS = 60

/**
 * A place in which one case runs: a clock that only the case moves, folders of its own, and the errors that batches
 * reported.
 */
export class TestBed {
  readonly clock = new ManualClock(0)
  readonly errors: unknown[] = []
  readonly scope = newScope({
    currentTimestampMs: () => this.clock.now(),
    jobGroup: () => SparkContext.getActive()?.getLocalProperty('spark.jobGroup.id') ?? null,
    localProperty: (name) => SparkContext.getActive()?.getLocalProperty(name) ?? null,
  })
  readonly root: string

  /** `root` is the folder of a place that an earlier process left. */
  constructor(root = mkdtempSync(join(tmpdir(), 'sluice-case-'))) {
    this.root = root
    const event = ({ type, error }: { readonly type: string; readonly error?: unknown }): void => {
      if (type === 'error') this.errors.push(error)
    }
    setEmbeddedOptions({ clock: this.clock, log: { event }, sync: false, write: () => {} })
  }

  folder(name: string): string {
    return join(this.root, name)
  }

  /** `<dir>` and its like, wherever they occur, become folders of this case. */
  resolved<T>(value: T): T {
    if (typeof value === 'string')
      return value.replaceAll(/<(dir|emptyDir|in|t|out)>/g, (_, name: string) => this.folder(name)) as T
    if (Array.isArray(value)) return value.map((each) => this.resolved(each)) as T
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.resolved(each)])) as T
    return value
  }

  /** Starts a context; on return its first batch is waited for. */
  async start(context: StreamingContext): Promise<void> {
    context.start()
    await this.caughtUp(context)
  }

  async caughtUp(context: StreamingContext): Promise<void> {
    const { engine } = context
    if (engine) await inTime((engine as EmbeddedEngine).caughtUp(), 'a batch')
  }

  /** Moves the clock by `ms`, stopping at every batch so that each sees the time it was due at. */
  async advance(ms: number, context: StreamingContext | null): Promise<void> {
    const end = this.clock.now() + ms
    while (this.clock.now() < end) {
      await this.clock.advance(Math.min(nextStep(this.clock.now(), context), end - this.clock.now()))
      if (context) await this.caughtUp(context)
    }
  }

  /** Lets time pass, if need be, until `promise` settles. */
  async through<T>(promise: Promise<T>, context: () => StreamingContext | null): Promise<T> {
    let settled = false
    const outcome = promise.finally(() => {
      settled = true
    })
    outcome.catch(() => {})
    await this.until(() => settled, context)
    return outcome
  }

  /** Lets time pass until `holds`; throws when it never does. */
  async until(holds: () => boolean | Promise<boolean>, context: () => StreamingContext | null): Promise<void> {
    const start = performance.now()
    while (performance.now() - start < WORK_MS) {
      if (await holds()) return
      await sleep(1)
    }
    while (performance.now() - start < PATIENCE_MS) {
      if (await holds()) return
      await this.advance(20, context())
      await sleep(1)
    }
    throw new Error('what was waited for did not happen')
  }

  /** Ends whatever the case left running. */
  async close(): Promise<void> {
    const active = StreamingContext.getActive()
    if (active) await this.through(active.stop(true, false), () => null).catch(() => {})
    SparkContext.getActive()?.stop()
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** To the next multiple of the batch interval. */
function nextStep(now: number, context: StreamingContext | null): number {
  const intervalMs = context?.batchDuration.milliseconds ?? Number.MAX_SAFE_INTEGER
  return intervalMs - (now % intervalMs)
}

async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = new AbortController()
  try {
    return await Promise.race([
      promise,
      sleep(PATIENCE_MS, undefined, { signal: late.signal }).then(() => {
        throw new Error(`${what} did not end`)
      }),
    ])
  } finally {
    late.abort()
  }
}

/** Settings of a case's context. */
export const confOf = (conf: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  'spark.master': 'local[2]',
  'spark.app.name': 'case',
  ...conf,
})
