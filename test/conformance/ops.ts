import {
  type DStream,
  HashPartitioner,
  type RDD,
  StateSpec,
  type StreamingContext,
  type Time,
} from '../../lib/index.ts'
import type { Fn, Op } from './cases.ts'
import { type AnyFunction, compile, type FunctionScope, orNull, timeFor } from './functions.ts'

/** What an operator of a case may refer to. */
export interface OpsEnvironment {
  readonly context: StreamingContext
  readonly scope: FunctionScope
  stream(name: string): DStream<any>
}

type Apply = (
  stream: DStream<any>,
  args: readonly any[],
  f: (fn: Fn) => AnyFunction,
  environment: OpsEnvironment,
) => DStream<any>

export function applyPipeline(start: DStream<any>, pipeline: readonly Op[], environment: OpsEnvironment): DStream<any> {
  let stream = start
  for (const { op, args = [] } of pipeline) {
    const apply = operators[op]
    if (!apply) throw new Error(`unknown operator ${op}`)
    stream = apply(stream, args, (fn) => compile(fn, environment.scope), environment)
  }
  return stream
}

const operators: Record<string, Apply> = {
  map: (s, [f], fn) => s.map(fn(f)),
  flatMap: (s, [f], fn) => s.flatMap(fn(f)),
  filter: (s, [f], fn) => s.filter(fn(f)),
  glom: (s) => s.glom(),
  mapPartitions: (s, [f], fn) => s.mapPartitions(fn(f)),
  repartition: (s, [n]) => s.repartition(n),
  groupByKey: (s) => s.groupByKey(),
  reduceByKey: (s, [f], fn) => s.reduceByKey(fn(f)),
  combineByKey: (s, [create, merge, combine], fn) => s.combineByKey(fn(create), fn(merge), fn(combine)),
  reduce: (s, [f], fn) => s.reduce(fn(f)),
  count: (s) => s.count(),
  countByValue: (s) => s.countByValue(),
  mapValues: (s, [f], fn) => s.mapValues(fn(f)),
  flatMapValues: (s, [f], fn) => s.flatMapValues(fn(f)),

  union: (s, [other], _fn, env) => s.union(branch(other, env)),
  contextUnion: (_s, [streams], _fn, env) => env.context.union(streams.map((each: Branch) => branch(each, env))),
  cogroup: (s, [other], _fn, env) => s.cogroup(branch(other, env)),
  join: (s, [other], _fn, env) => s.join(branch(other, env)),
  leftOuterJoin: (s, [other], _fn, env) => s.leftOuterJoin(branch(other, env)),
  rightOuterJoin: (s, [other], _fn, env) => s.rightOuterJoin(branch(other, env)),
  fullOuterJoin: (s, [other], _fn, env) => s.fullOuterJoin(branch(other, env)),

  transform: (s, [f], fn) => s.transform(fn(f) as (rdd: RDD<any>, time: Time) => RDD<any>),
  transformWith: (s, [other, f], fn, env) =>
    s.transformWith(branch(other, env), fn(f) as (a: RDD<any>, b: RDD<any>, time: Time) => RDD<any>),
  contextTransform: (_s, [streams, f], fn, env) =>
    env.context.transform(
      streams.map((each: Branch) => branch(each, env)),
      fn(f) as (rdds: RDD<any>[], time: Time) => RDD<any>,
    ),

  window: (s, [length, slide]) => s.window(length, slide ?? undefined),
  countByWindow: (s, [length, slide]) => s.countByWindow(length, slide),
  countByValueAndWindow: (s, [length, slide]) => s.countByValueAndWindow(length, slide),
  groupByKeyAndWindow: (s, [length, slide]) => s.groupByKeyAndWindow(length, slide ?? undefined),
  reduceByWindow: (s, [f, inverse, length, slide], fn) =>
    s.reduceByWindow(fn(f), inverse && fn(inverse), length, slide),
  reduceByKeyAndWindow: (s, [f, inverse, length, slide, options], fn) =>
    s.reduceByKeyAndWindow(
      fn(f ?? add),
      inverse && fn(inverse),
      length,
      slide ?? undefined,
      undefined,
      options?.filter && fn(options.filter),
    ),

  updateStateByKey: (s, [f, options], _fn, env) => updateStateByKey(s, f, options ?? {}, env),
  mapWithState: (s, [f, options], _fn, env) => mapWithState(s, f, options ?? {}, env),
  stateSnapshots: (s) => (s as ReturnType<typeof mapWithState>).stateSnapshots(),

  checkpoint: (s, [ms]) => s.checkpoint(ms),
  persist: (s) => s.persist(),
  cache: (s) => s.cache(),
  saveAsTextFiles: (s, [prefix, suffix]) => {
    s.saveAsTextFiles(prefix, suffix ?? '')
    return s
  },
}

/** Cases about the arguments of windows leave the function out. */
const add: Fn = { fn: '(a, b) => a + b' }

interface Branch {
  readonly stream: string
  readonly pipeline?: readonly Op[]
}

const branch = (other: Branch, environment: OpsEnvironment): DStream<any> =>
  applyPipeline(environment.stream(other.stream), other.pipeline ?? [], environment)

interface UpdateOptions {
  readonly initialState?: readonly [unknown, unknown][]
  readonly withTimeAndKey?: boolean
  readonly iterator?: boolean
}

function updateStateByKey(
  stream: DStream<any>,
  fn: Fn,
  { initialState, withTimeAndKey, iterator }: UpdateOptions,
  { context, scope }: OpsEnvironment,
): DStream<any> {
  const f = compile(fn, scope)
  const initial = initialState && context.sparkContext.parallelize(initialState)
  const partitioner = new HashPartitioner(context.sparkContext.defaultParallelism)
  if (withTimeAndKey) {
    const time = timeFor(fn)
    return stream.updateStateByKey<any, any, any>(
      (at: Time, key: unknown, values: unknown, state: unknown) => f(time(at), key, values, orNull(state)) ?? undefined,
      partitioner,
      false,
      initial,
    )
  }
  if (iterator)
    return stream.updateStateByKey<any, any, any>(
      (entries: IterableIterator<[unknown, readonly unknown[], unknown]>) => f(entriesOf(entries)),
      partitioner,
      false,
      initial,
    )
  return stream.updateStateByKey<any, any, any>(
    (values: unknown, state: unknown) => f(values, orNull(state)) ?? undefined,
    undefined,
    initial,
  )
}

function* entriesOf(
  entries: IterableIterator<[unknown, readonly unknown[], unknown]>,
): IterableIterator<[unknown, readonly unknown[], unknown]> {
  for (const [key, values, state] of entries) yield [key, values, orNull(state)]
}

interface MapWithStateOptions {
  readonly form?: 'simple' | 'advanced'
  readonly initialState?: readonly [unknown, unknown][]
  readonly timeoutMs?: number
  readonly numPartitions?: number
}

function mapWithState(
  stream: DStream<any>,
  fn: Fn,
  { form, initialState, timeoutMs, numPartitions }: MapWithStateOptions,
  { context, scope }: OpsEnvironment,
): ReturnType<typeof stream.mapWithState> {
  let spec = form === 'advanced' ? advancedSpec(fn, scope) : simpleSpec(fn, scope)
  if (initialState) spec = spec.initialState(context.sparkContext.parallelize(initialState))
  if (timeoutMs) spec = spec.timeout(timeoutMs)
  if (numPartitions) spec = spec.numPartitions(numPartitions)
  return stream.mapWithState(spec)
}

function simpleSpec(fn: Fn, scope: FunctionScope): StateSpec<any, any, any, any> {
  const f = compile(fn, scope)
  return StateSpec.function<any, any, any, any>((key: unknown, value: unknown, state: any) =>
    f(key, orNull(value), nullable(state)),
  )
}

/** `[]` emits nothing, `[output]` one record. */
export function advancedSpec(fn: Fn, scope: FunctionScope): StateSpec<any, any, any, any> {
  const f = compile(fn, scope)
  const time = timeFor(fn)
  return StateSpec.function<any, any, any, any>(
    (at: Time, key: unknown, value: unknown, state: any) => f(time(at), key, orNull(value), nullable(state))[0],
  )
}

/** The handle itself, except that an absent state reads as null. */
const nullable = <S extends object>(state: S): S =>
  new Proxy(state, {
    get: (target: any, name) =>
      name === 'getOption'
        ? () => orNull(target.getOption())
        : typeof target[name] === 'function'
          ? target[name].bind(target)
          : target[name],
  })
