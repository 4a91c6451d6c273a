import { anything, checkOptions, flag, type RulesOf, text, whole } from '../../../model/options.ts'
import { type DurationLike, intervalMs } from '../../../model/time.ts'
import { type AsyncCall, type AsyncCalls, asyncNode } from '../../../lineage/asynchronous.ts'
import type { DStream } from '../dstream.ts'
import { needsFunction } from '../../../lineage/bad-argument.ts'

/** What `mapAsync` takes. */
export interface MapAsyncOptions {
  /** Calls that may be under way at a time, for one partition (default 16). */
  readonly concurrency?: number
  /** `false`: results come in the order of the answers, which another run need not repeat (default `true`). */
  readonly ordered?: boolean
  /** How long one attempt may take (default 30 s). */
  readonly timeout?: DurationLike
  /** How often a record is tried, with growing waits in between (default 3). */
  readonly attempts?: number
  /** Identity of the operator in errors and the dashboard; derived from its place in the graph when left out. */
  readonly name?: string
}

const OPTIONS: RulesOf<MapAsyncOptions> = {
  concurrency: whole,
  ordered: flag,
  timeout: anything,
  attempts: whole,
  name: text,
}

/** `f` of each record, several at a time, once per record and batch. */
export function mapAsync<T, U>(
  stream: DStream<T>,
  f: (record: T, call: AsyncCall) => PromiseLike<U> | U,
  options: MapAsyncOptions = {},
): DStream<U> {
  needsFunction(f, 'mapAsync')
  checkOptions('mapAsync', options, OPTIONS)
  const { concurrency = 16, ordered = true, timeout = 30_000, attempts = 3 } = options
  const calls: AsyncCalls = {
    concurrency,
    ordered,
    timeoutMs: intervalMs(timeout, 'timeout of mapAsync'),
    attempts,
  }
  const parent = stream.node
  return stream.derive<U>({
    kind: 'narrow',
    operator: 'mapAsync',
    ...stream.context.named(options),
    compute: (time, view) => {
      const rdd = view.rdd(parent, time)
      return rdd && asyncNode<T, U>(rdd, f, calls)
    },
  })
}
