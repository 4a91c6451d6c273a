import { given } from '../../model/given.ts'
import { framesOf, SluiceError, stackOf, wordsOf } from '../../model/errors.ts'
import { batchIntervalMs, Duration, type DurationLike } from '../../model/time.ts'
import { fingerprint, shapeOf } from '../../plan/fingerprint.ts'
import { isUsableName, unusableName } from './app-folder.ts'
import { needsFunction } from '../../lineage/bad-argument.ts'
import { engineFor } from '../../api/dstream/engine.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import { anything, checkOptions, type RulesOf } from '../../model/options.ts'
import { callerPlace, placeAmong } from '../../model/place.ts'
import type { ConfObject } from '../../model/spark-conf.ts'
import type { StreamNode } from '../../graph/stream-node.ts'
import { StreamingContext } from '../../api/dstream/streaming-context.ts'

/** A program as a value: it runs wherever something builds and starts it. */
export interface App {
  /** The app's name: a folder or a key of that name holds its state. */
  readonly name: string
  /** The batch interval. */
  readonly interval: Duration
  /**
   * Defines the pipeline in a new context and starts nothing. The definition runs twice, as every process of the app
   * will run it again: throws `E_NOT_DETERMINISTIC` when the two graphs differ, and `E_USER_INIT` when
   * the definition throws.
   */
  build(): StreamingContext
}

/** What `app` takes last. */
export interface AppOptions {
  /** Spark's settings, under their full names. */
  readonly conf?: ConfObject
  /**
   * What happens when a function throws. `'fail'` (the default, and Spark's way): the batch fails, and its input is
   * read again. `'dead-letter'`: the records that make it throw are found and set aside, and the batch commits without
   * them. The setting `sluice.onError`, which it is short for, counts if both are given.
   */
  readonly onError?: 'fail' | 'dead-letter'
}

const OPTIONS: RulesOf<AppOptions> = { conf: anything, onError: anything }

/**
 * The default export of a program: `export default app('word-count', seconds(1), (ssc) => { … })`.
 * Whoever runs it keeps its checkpoints, so it needs no `ssc.checkpoint(dir)`, and starts and stops it.
 * Throws `E_NAME`, `E_INTERVAL` and `E_ARGUMENT`.
 */
export function app(
  name: string,
  interval: DurationLike,
  define: (ssc: StreamingContext) => void,
  options: AppOptions = {},
): App {
  const place = callerPlace()
  if (!isUsableName(name)) throw unusableName(name, place)
  const duration = new Duration(checkedInterval(interval, place))
  needsFunction(define, 'app')
  checkOptions('app', options, OPTIONS)
  return Object.assign(Object.create(marked) as object, {
    name,
    interval: duration,
    build: () => build({ name, duration, define, options, place }),
  })
}

/** Whether a module exports an app; true also for an app of another copy of this package. */
export const isApp = (value: unknown): value is App => typeof value === 'object' && value !== null && MARK in value

const MARK = Symbol.for('sluice.app')
const marked = { [MARK]: true }

interface Definition {
  readonly name: string
  readonly duration: Duration
  readonly define: (ssc: StreamingContext) => unknown
  readonly options: AppOptions
  readonly place: string
}

function build(definition: Definition): StreamingContext {
  const rehearsal = define(definition)
  rehearsal.sparkContext.stop()
  const context = define(definition)
  assertSame(definition, rehearsal.graph, context.graph)
  return context
}

function define({ name, duration, define: describe, options, place }: Definition): StreamingContext {
  let defining = true
  const context = new StreamingContext(
    { ...given({ 'sluice.onError': options.onError }), ...options.conf, appName: name },
    duration,
    {
      hosted: true,
      engine: (started) => {
        if (defining) throw startedInside(name)
        return engineFor(started)
      },
    },
  )
  const result = described(() => describe(context), place)
  defining = false
  if (result instanceof Promise) throw notSynchronous(name, place, result)
  context.graph.assignUids()
  return context
}

/** What a definition throws is an error of the program as a whole: no record was read, and no batch ran. */
function described(describe: () => unknown, place: string): unknown {
  try {
    return describe()
  } catch (error) {
    if (error instanceof SluiceError) throw error
    const ours = new SluiceError('E_USER_INIT', wordsOf(error), {
      where: { place: placeAmong(framesOf(error)) ?? place },
      did: 'nothing was started',
      next: ['mend the definition, and run it again'],
      cause: error,
    })
    ours.stack = stackOf(error) || ours.stack!
    throw ours
  }
}

function assertSame({ name, place }: Definition, first: StreamGraph, second: StreamGraph): void {
  if (fingerprint(first) === fingerprint(second)) return
  const shapes = first.nodes.map((node) => JSON.stringify(shapeOf(node)))
  const common = shapes.findIndex((shape, i) => !second.nodes[i] || shape !== JSON.stringify(shapeOf(second.nodes[i])))
  const at = common < 0 ? first.nodes.length : common
  const [one, other] = [first.nodes[at], second.nodes[at]]
  const node = one ?? other
  throw new SluiceError(
    'E_NOT_DETERMINISTIC',
    `Two builds of "${name}" differ at operator ${at + 1}: the first has ${shown(one)}, the second ${shown(other)}.`,
    {
      where: { ...given({ operator: node && nameOf(node) }), place: node?.place ?? place },
      did: 'nothing was started',
      next: ['define the same operators on every call: no time, randomness or counter may decide about them'],
    },
  )
}

const nameOf = (node: StreamNode): string => node.name ?? node.operator
function shown(node: StreamNode | undefined): string {
  if (!node) return 'none'
  return `${nameOf(node)} (${node.place})`
}

function checkedInterval(interval: DurationLike, place: string): number {
  try {
    return batchIntervalMs(interval)
  } catch (error) {
    const { code, message, did, next } = error as SluiceError
    throw new SluiceError(code, message, { did, next, where: { place }, cause: error })
  }
}

const startedInside = (name: string): SluiceError =>
  new SluiceError('E_CONTEXT_STATE', `The definition of "${name}" starts its own context.`, {
    where: { place: callerPlace() },
    did: 'nothing was started',
    next: ['leave start() and awaitTermination() out: who runs the app starts it'],
  })

function notSynchronous(name: string, place: string, result: Promise<unknown>): SluiceError {
  // Its own failure would otherwise end the process with another message than this one.
  result.catch(() => {})
  return new SluiceError(
    'E_CONTEXT_STATE',
    `The definition of "${name}" is asynchronous: operators that come later would be missing.`,
    {
      where: { place },
      did: 'nothing was started',
      next: ['make it a plain function; await what it needs before app(…), at the top of the module'],
    },
  )
}
