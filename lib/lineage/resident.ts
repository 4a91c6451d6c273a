import { SluiceError } from '../model/errors.ts'
import { type Bucket, holdsObjects, type ShuffleInput } from '../shuffle/buckets.ts'
import { ownCopy } from '../state/own-copy.ts'
import { withAccumulatorScope } from './accumulator.ts'
import type { Blame } from './blame.ts'
import type { Kept } from './kept-records.ts'
import type { JobRunner, NewPartial } from './jobs.ts'
import { landingsOf } from './landings.ts'
import {
  chain,
  type Dependency,
  keepPartition,
  type MaybePromise,
  type RddNode,
  runPartition,
  type ShuffleDependency,
  type Sink,
  sinkOf,
  STOP,
  type TaskScope,
} from './node.ts'
import { withTaskContext } from './task-context.ts'

/** Blobs that were loaded before a driver function was called. */
export type LoadedBlobs = ReadonlyMap<string, Uint8Array>

/** Runs jobs at once, in this thread, over data that is at hand: collections of the program and staged records. */
export class ResidentRunner implements JobRunner {
  readonly kind = 'resident'
  readonly #task: ResidentTask

  /** With `blame` every record is tried on its own, to find those that make the job fail. */
  constructor(loaded: LoadedBlobs = new Map(), blame?: Blame) {
    this.#task = new ResidentTask(loaded, blame)
  }

  runJob<P>(node: RddNode<any>, splits: readonly number[], newPartial: NewPartial<P>): P[] {
    this.#task.partition.stageId++
    const landings = landingsOf(node, (each) => this.#task.unknownBelow(each))
    for (const landing of landings) this.#task.gather(landing)
    try {
      return this.#results(node, splits, newPartial)
    } finally {
      for (const landing of landings) if (!landing.cached) this.release(landing)
    }
  }

  #results<P>(node: RddNode<any>, splits: readonly number[], newPartial: NewPartial<P>): P[] {
    return splits.map((split) =>
      this.#task.attempt(split, () => {
        const partial = newPartial(split)
        atOnce(stoppable(() => runPartition(node, split, this.#task, partial.sink)))
        return partial.finish()
      }),
    )
  }

  release(node: RddNode<any>): void {
    this.#task.memo.delete(node)
  }
}

/** Runs until done or until a sink has seen enough. */
export function stoppable(work: () => MaybePromise<void>): MaybePromise<void> {
  try {
    const done = work()
    return done instanceof Promise ? done.catch(ignoreStop) : done
  } catch (error) {
    ignoreStop(error)
  }
}

function ignoreStop(error: unknown): void {
  if (error !== STOP) throw error
}

function atOnce(done: MaybePromise<void>): void {
  if (!(done instanceof Promise)) return
  done.catch(() => {}) // what becomes of it is of no interest: the action has failed
  throw notResident('its data is read from outside')
}

const notResident = (why: string): SluiceError =>
  new SluiceError('E_NOT_RESIDENT', `This RDD cannot be evaluated here: ${why}.`, {
    did: 'the action did not run',
    next: ['use the RDD that transform or foreachRDD hands you, and the RDDs made from it'],
  })

/**
 * A reader may change what it is given, which a second one must not see: mostly there is none, so the first has the
 * records themselves, and they are made again for a second. From then on each has copies: the jobs of a long chain
 * would otherwise each begin at its bottom.
 */
interface Exchange {
  readonly reducers: (Bucket[] | null)[]
  readonly isAgain: boolean
}

/** `null`: there is something in it that cannot be copied. */
function copiesOf(input: readonly Bucket[]): Bucket[] | null {
  try {
    return input.map(({ keys, hashes = null, values }) => ({
      keys: keys && keys.map((key) => ownCopy(key)),
      hashes,
      values: values.map((value) => ownCopy(value)),
    }))
  } catch {
    return null
  }
}

class ResidentTask implements TaskScope {
  // Weak: a context lives as long as its program, and runs jobs on RDDs that come and go.
  readonly memo = new WeakMap<RddNode<any>, Map<number, Kept<unknown>>>()
  readonly #shuffles = new WeakMap<ShuffleDependency, Exchange>()
  readonly partition = { stageId: -1, partitionId: 0, attemptNumber: 0 }
  readonly blame?: Blame
  readonly #loaded: LoadedBlobs

  constructor(loaded: LoadedBlobs, blame?: Blame) {
    this.#loaded = loaded
    if (blame) this.blame = blame
  }

  /** One task. What it adds to accumulators counts when it succeeds. */
  attempt<R>(split: number, work: () => R): R {
    const outer = this.partition.partitionId
    this.partition.partitionId = split
    try {
      const { result, commit } = withAccumulatorScope(() => withTaskContext(this.partition, work))
      commit()
      return result
    } finally {
      this.partition.partitionId = outer
    }
  }

  /** All of a node at once, so that what is above need not go below it on the way down. */
  gather(node: RddNode<any>): void {
    for (let split = 0; split < node.partitions; split++)
      if (!this.memo.get(node)?.has(split))
        this.attempt(split, () => atOnce(chain(keepPartition(node, split, this), () => {})))
  }

  /** What would have to be run for a node: not what is below records that are kept. */
  unknownBelow(node: RddNode<any>): RddNode<any>[] {
    if (node.partitions > 0 && this.memo.get(node)?.size === node.partitions) return []
    return node.dependencies.filter((each) => !this.#isExchanged(each)).map(({ parent }) => parent)
  }

  #isExchanged(dependency: Dependency): boolean {
    return (
      dependency.kind === 'shuffle' && this.#shuffles.get(dependency)?.reducers.every((each) => each !== null) === true
    )
  }

  readSource(): never {
    throw notResident('it is the data of a stream')
  }
  keyedState(): never {
    throw notResident('it needs the state of a stream')
  }
  stateChanged(): never {
    throw notResident('it needs the state of a stream')
  }
  windowState(): never {
    throw notResident('it needs the state of a stream')
  }
  windowChanged(): never {
    throw notResident('it needs the state of a stream')
  }

  clock(): never {
    throw notResident('its function waits for answers')
  }

  blob(ref: { readonly key: string }): Uint8Array {
    const bytes = this.#loaded.get(ref.key)
    if (!bytes) throw notResident('its records were not loaded')
    return bytes
  }

  shuffle(dependency: ShuffleDependency, reducer: number): ShuffleInput {
    let exchange = this.#shuffles.get(dependency)
    if (!exchange?.reducers[reducer]) {
      exchange = { reducers: this.#exchange(dependency), isAgain: exchange !== undefined }
      this.#shuffles.set(dependency, exchange)
    }
    const input = exchange.reducers[reducer]!
    if (!input.some(holdsObjects)) return input
    const copies = exchange.isAgain && !this.blame ? copiesOf(input) : null
    if (!copies) exchange.reducers[reducer] = null
    return copies ?? input
  }

  /** Whoever looks for records to blame must know which went into the shuffle. */
  #noting(dependency: ShuffleDependency, sink: Sink<any>): Sink<any> {
    const { blame } = this
    if (!blame) return sink
    return sinkOf((record) => {
      blame.into(dependency, record)
      sink.emit(record)
    })
  }

  #exchange(dependency: ShuffleDependency): Bucket[][] {
    return localExchange(dependency, (split, sink) =>
      this.attempt(split, () => atOnce(runPartition(dependency.parent, split, this, this.#noting(dependency, sink)))),
    )
  }
}

/** The whole of a shuffle within one process: for each reducer, its buckets in map order. */
function localExchange(dependency: ShuffleDependency, runSplit: (split: number, sink: Sink<any>) => void): Bucket[][] {
  const reducers: Bucket[][] = Array.from({ length: dependency.partitioner.numPartitions }, () => [])
  let writer = dependency.newWriter(0)
  const flush = (): void =>
    writer.finish().forEach((bucket, i) => {
      if (bucket.values.length > 0) reducers[i].push(bucket)
    })
  for (let split = 0; split < dependency.parent.partitions; split++) {
    if (!dependency.shared && split > 0) writer = dependency.newWriter(split)
    const { emit } = writer
    runSplit(split, {
      emit: emit as (record: unknown) => void,
      chunk: (records) => {
        for (const record of records) (emit as (record: unknown) => void)(record)
      },
    })
    if (!dependency.shared) flush()
  }
  if (dependency.shared) flush()
  return reducers
}
