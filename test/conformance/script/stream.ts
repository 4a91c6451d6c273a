import { type DStream, type RDD, Time } from '../../../lib/index.ts'
import type { Source } from '../../../lib/source/source.ts'
import type { MapWithStateDStream } from '../../../lib/api/dstream/operators/map-with-state.ts'
import { checkpointMsOf, rememberDurations } from '../../../lib/graph/remember.ts'
import type { Fn, Op } from '../cases.ts'
import { Collected } from '../collected.ts'
import { batchesDiffer } from '../compare.ts'
import type { ContextObject } from './context.ts'
import type { World } from './world.ts'

/** A DStream as scripts speak of it. */
export class StreamObject {
  readonly stream: DStream<any>
  readonly #world: World
  readonly #context: ContextObject
  readonly #source: (Source<any> & { readonly restored?: () => number }) | undefined
  readonly #collected: Collected[] = []

  constructor(world: World, context: ContextObject, stream: DStream<any>, source?: Source<any>) {
    this.#world = world
    this.#context = context
    this.stream = stream
    this.#source = source
  }

  // — definition

  pipeline(ops: readonly Op[]): StreamObject {
    return this.#context.pipeline(this.#blocking(), ops)
  }
  collect(): void {
    this.#collected.push(new Collected(this.stream))
  }
  foreachRDD(fn?: Fn): void {
    this.#collected.push(new Collected(this.stream, fn && this.#context.compile(fn)))
  }
  reduceByKeyAndWindow(...args: any[]): StreamObject {
    return this.pipeline([{ op: 'reduceByKeyAndWindow', args }])
  }

  async slice(from: unknown, to: unknown): Promise<unknown[]> {
    const rdds = await this.stream.slice(new Time(this.#world.time(from)), new Time(this.#world.time(to)))
    return rdds.flatMap((rdd: RDD<unknown>) => rdd.collect())
  }

  /**
   * Records whose processing does not end: one thread cannot sleep in a function, so the function gives up instead and
   * no such batch is completed.
   */
  #blocking(): DStream<any> {
    if (!this.#world.case.steps!.some(({ env }) => env === 'blockProcessingOf')) return this.stream
    const { blocked } = this.#world
    return this.stream.map((record: any) => {
      if (blocked.has(Number(record))) throw new Error('blocked')
      return record
    })
  }

  // — checks

  get #output(): Collected {
    return this.#collected[0]
  }
  outputs(): unknown {
    return this.#output.outputs
  }
  nonEmptyOutputs(): unknown {
    return this.#output.nonEmpty
  }
  eventuallyNonEmptyOutputs(): unknown {
    return this.#output.nonEmpty
  }
  allOutputs(): unknown {
    return this.#output.flat
  }
  flatOutputs(): unknown {
    return this.#output.flat
  }
  /** Outputs are collected over restarts. */
  flatOutputsOfBothRuns(): unknown {
    return this.#output.flat
  }
  sumOfOutputs(): number {
    return this.#output.flat.reduce<number>((sum, each) => sum + (each as number), 0)
  }
  outputCount(): number {
    return this.#output.outputs.length
  }
  outputsSoFarArePrefixOf(): (expected: readonly unknown[][]) => string | null {
    return (expected) =>
      batchesDiffer(this.#output.nonEmpty, expected.slice(0, this.#output.nonEmpty.length), 'ordered')
  }

  rememberDurationMs(): number {
    return rememberDurations(this.#context.context.graph).get(this.stream.node)!
  }
  checkpointDurationMs(): number | null {
    return checkpointMsOf(this.stream.node)
  }
  internalCheckpointDurationMs(): number | null {
    return checkpointMsOf((this.stream as MapWithStateDStream<any, any, any, any>).stateNode)
  }
  remembersBatchAt(time: number): boolean {
    return time > this.#context.completed.at(-1)! - this.rememberDurationMs()
  }

  /** Numbers of the files in batches that are committed, by their names. */
  recordedFiles(): Promise<number[]> {
    return this.#world.creator('create').recordedFiles(this.stream.node.uid)
  }
  restoreCount(): number {
    return this.#source!.restored!()
  }
}
