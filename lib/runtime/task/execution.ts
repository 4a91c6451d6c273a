import { given, unlessEmpty } from '../../model/given.ts'
import type { ExecutionId, OperatorUid, PartitionId, ShuffleId } from '../../model/ids.ts'
import { putBlob, putUnwritten } from '../../checkpoint/blobs.ts'
import { ObjectKeys } from '../../checkpoint/object-keys.ts'
import type { BatchWatch } from '../../host/batch-watch.ts'
import type { Clock } from '../../host/clock.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import type { Log } from '../../host/log.ts'
import type { Random } from '../../host/random.ts'
import type { RecordCounts } from '../../model/dead-letter.ts'
import { located, SluiceError } from '../../model/errors.ts'
import type { BlobRef } from '../../model/refs.ts'
import type { MapOutput, OutputWrite, RetainedWrite, StageWork, TaskReport, TaskSpec } from '../../model/task.ts'
import type { Stage, StagePlan, Terminal } from '../../plan/stages.ts'
import { encodeBuckets, joinBuckets, sectionsOf } from '../../shuffle/blocks.ts'
import type { Buckets } from '../../shuffle/buckets.ts'
import type { ShuffleWriter } from '../../shuffle/writer.ts'
import { sourceIo } from './read-split.ts'
import { StateObjects } from './state-objects.ts'
import type { StagedRecords } from './program.ts'
import type { StateStore } from '../../state/state-store.ts'
import type { Blame } from '../../lineage/blame.ts'
import { chain, ArraySink, type MaybePromise, recordsOf, runPartition, type Sink } from '../../lineage/node.ts'
import { countOf, encodeKept, encodeRecords, type Kept, plainOf } from '../../lineage/kept-records.ts'
import { stoppable } from '../../lineage/resident.ts'
import { withTaskContext } from '../../lineage/task-context.ts'
import { intoShuffle, LocalShuffle, type SpilledShuffle } from './local-shuffles.ts'
import { RunningTask, sectionsIn } from './task-scope.ts'
import { assertInTime, type TimeLimit } from '../time-limit.ts'

export interface TaskHost {
  readonly blobs: BlobStore
  readonly random: Random
  readonly clock: Clock
  readonly log: Log
  /** Set in tests: a record that a function changes after it was handed on throws there. */
  readonly freezes?: boolean
  /** When the task gives up by itself; left out where somebody else ends it, or nobody. */
  readonly limit?: TimeLimit
  /** Where outputs are shown by this process as well: what is staged is handed over. */
  readonly staged?: StagedRecords
  /** Looks on while this process runs whole batches. */
  readonly watch?: BatchWatch
}

/** Trials that look for records to blame say so to everything that they run. */
export type TrialHost = TaskHost & { readonly blame?: Blame; readonly postpones?: boolean }

type Outcome = Omit<Extract<TaskReport, { kind: 'done' }>, 'kind' | 'task' | 'exec' | 'executionId' | 'accumulators'>

/** The work of one task, partition by partition: what it reads, writes and counts. */
export class Execution {
  readonly #spec: TaskSpec
  readonly #host: TaskHost
  readonly #executionId: ExecutionId
  readonly #keys: ObjectKeys
  readonly #stages: readonly Stage[]
  readonly #states: StateObjects
  readonly scope: RunningTask
  readonly #shuffles: MapOutput[] = []
  readonly #retained: RetainedWrite[] = []
  readonly #outputs: OutputWrite[] = []
  #objects = 0

  constructor(
    spec: TaskSpec,
    { stages, shuffleIds }: StagePlan,
    store: StateStore,
    host: TrialHost,
    executionId: ExecutionId,
  ) {
    this.#spec = spec
    this.#host = host
    this.#executionId = executionId
    this.#keys = new ObjectKeys(spec.plan.app, spec.plan.inc)
    this.#stages = stages
    const { batch } = spec.plan
    this.#states = new StateObjects(host.blobs, {
      single: (operator, suffix) => this.#keys.state(operator, batch, spec.task, this.#object(), suffix),
      together: (suffix) => this.#keys.states(batch, spec.task, this.#object(), suffix),
    })
    this.scope = new RunningTask(spec, {
      blobs: host.blobs,
      store,
      shuffleIds,
      log: host.log,
      clock: host.clock,
      ...given({ freezes: host.freezes, blame: host.blame, limit: host.limit, watch: host.watch }),
      putState: (operator, bytes, suffix) => this.#states.put(operator, bytes, suffix),
      sourceIo: (uid) => ({ ...sourceIo(host, spec.plan, uid), ...given({ postpones: host.postpones }) }),
    })
    this.scope.partition.attemptNumber = spec.attempt
  }

  get read(): RecordCounts {
    return this.scope.records
  }

  /** The process's own run, and a counter: names differ within the task as well. */
  #object(): string {
    return `${this.#executionId}.${this.#objects++}`
  }

  async all(all: readonly StageWork[]): Promise<Outcome> {
    for (const work of all) {
      const stage = stageOf(this.#stages, work)
      try {
        await this.#stage(stage, work.partitions)
      } catch (error) {
        const { label, place } = stage.node
        throw located(error, {
          ...given({ operator: label, place }),
          partition: this.scope.partition.partitionId,
        })
      }
    }
    await this.#states.finish()
    const { stateReads } = this.scope
    return {
      shuffles: this.#shuffles,
      reduced: this.scope.reduced,
      state: this.scope.stateWrites,
      retained: this.#retained,
      outputs: this.#outputs,
      records: this.scope.records,
      ...given({
        ends: unlessEmpty(this.scope.ends),
        undecoded: unlessEmpty(this.scope.undecoded),
        stateReads: stateReads.warm + stateReads.cold > 0 && stateReads,
      }),
    }
  }

  #stage(stage: Stage, partitions: readonly number[]): Promise<void> | void {
    this.scope.partition.stageId = stage.id
    const { terminal } = stage
    switch (terminal.kind) {
      case 'shuffle':
        return this.#mapSide(stage, terminal, partitions)
      case 'output':
        return this.#output(stage, terminal, partitions)
      case 'retain':
        return this.#retain(stage, terminal, partitions)
      case 'effect':
        return this.#eachPartition(stage, partitions, () => discard)
    }
  }

  async #eachPartition(
    stage: Stage,
    partitions: readonly number[],
    sinkFor: (partition: PartitionId) => Sink<any>,
  ): Promise<void> {
    for (const partition of partitions) await this.#partition(stage, partition, sinkFor(partition))
  }

  #partition(stage: Stage, partition: PartitionId, sink: Sink<any>): MaybePromise<void> {
    const { limit, clock, watch } = this.#host
    if (limit) assertInTime(limit, clock)
    this.scope.partition.partitionId = partition
    const { node, terminal } = stage
    const ownCut = terminal.kind === 'shuffle' && node.cut === terminal.dependency
    const running = withTaskContext(this.scope.partition, () =>
      stoppable(() => {
        if (!ownCut) return runPartition(node, partition, this.scope, sink)
        return chain(recordsOf(node, partition, this.scope), (records) => sink.chunk(records))
      }),
    )
    return chain(running, () => {
      watch?.done(1)
      return this.scope.turns.next()
    })
  }

  async #mapSide(
    stage: Stage,
    { dependency, shuffle }: Extract<Terminal, { kind: 'shuffle' }>,
    partitions: readonly number[],
  ): Promise<void> {
    const parts: Buckets[] = []
    let writer: ShuffleWriter | null = null
    for (const partition of partitions) {
      writer ??= dependency.newWriter(partition)
      writer.begin?.(partition)
      await this.#partition(stage, partition, intoShuffle(writer, dependency, this.scope))
      if (!dependency.shared || writer.size() > ENTRIES_MAX) {
        const full = writer.size() > ENTRIES_MAX
        parts.push(writer.finish())
        writer = null
        if (full) await this.#writeBlock(shuffle, joinBuckets(parts.splice(0)))
      }
    }
    if (writer) parts.push(writer.finish())
    if (!this.#spec.staged)
      this.scope.local.set(
        dependency,
        new LocalShuffle(parts, dependency, this.#readersOf(stage), this.#spilled(shuffle)),
      )
    else if (parts.length > 0) await this.#writeBlock(shuffle, joinBuckets(parts))
  }

  /** Blocks that this task wrote because its tables were full, oldest first. */
  #spilled(shuffle: ShuffleId): SpilledShuffle {
    const blocks = this.#shuffles.filter((output) => output.shuffle === shuffle)
    const sections = sectionsIn(this.#host.blobs)
    return { blocks, read: async (reducer) => (await sections.read(blocks, reducer)).input }
  }

  #readersOf(stage: Stage): number {
    return this.#stages.reduce(
      (sum, { parents, twice }) => sum + Number(parents.includes(stage.id)) + Number(twice.includes(stage.id)),
      0,
    )
  }

  async #writeBlock(shuffle: ShuffleId, buckets: Buckets): Promise<void> {
    const { plan, exec, task, inlineBytes } = this.#spec
    const bytes = encodeBuckets(buckets)
    // Looked at before the store has them: a store of another thread takes them away.
    const sections = sectionsOf(bytes, buckets.length)
    const ref = await putBlob(
      this.#host.blobs,
      this.#keys.shuffle(plan.batch, shuffle, exec, task, this.#object()),
      bytes,
      inlineBytes,
    )
    this.#shuffles.push({
      shuffle,
      ref,
      counts: buckets.map((bucket) => bucket.values.length),
      ...sections,
    })
  }

  async #output(
    stage: Stage,
    { output, operation }: Extract<Terminal, { kind: 'output' }>,
    partitions: readonly number[],
  ): Promise<void> {
    for (const partition of partitions) {
      const stager = operation.stage()
      await this.#partition(stage, partition, stager.sink)
      const kept = stager.finish()
      const ref = await this.#putOutput(output, partition, kept)
      this.#outputs.push({ output, partition, records: countOf(kept), ref })
    }
  }

  /** What this process shows itself it need not encode for others who cannot come. */
  async #putOutput(output: OperatorUid, partition: PartitionId, kept: Kept<unknown>): Promise<BlobRef> {
    const { blobs, staged } = this.#host
    const { batch } = this.#spec.plan
    const key = this.#keys.output(output, batch, partition, this.#object())
    const plain = staged ? plainOf(kept) : null
    if (!plain) return putBlob(blobs, key, encodeKept(kept, output))
    const ref = await putUnwritten(blobs, key, () => encodeRecords(plain.rows(), output))
    staged!.keep(batch, ref, plain)
    return ref
  }

  async #retain(
    stage: Stage,
    { stream }: Extract<Terminal, { kind: 'retain' }>,
    partitions: readonly number[],
  ): Promise<void> {
    for (const partition of partitions) {
      const sink = new ArraySink<unknown>()
      await this.#partition(stage, partition, sink)
      const ref = await putBlob(
        this.#host.blobs,
        this.#keys.retained(stream, this.#spec.plan.batch, partition, this.#object()),
        encodeRecords(sink.records, stream),
      )
      this.#retained.push({ stream, partition, ref })
    }
  }
}

/** A map side with more entries than this writes them out and begins anew. */
const ENTRIES_MAX = 1 << 20

const discard: Sink<any> = { emit: () => {}, chunk: () => {}, columns: () => {} }

/** The stage of this number, if it is there and has these partitions. */
function stageOf(stages: readonly Stage[], { stage: id, partitions }: TaskSpec['work'][number]): Stage {
  const stage = stages[id]
  if (stage && partitions.every((partition) => partition < stage.node.partitions)) return stage
  const what = stage && `Stage ${id} has ${stage.node.partitions} partitions; others were asked for.`
  throw new SluiceError('E_TASK_SPEC', what ?? `The batch has no stage ${id}.`, {
    did: 'the task did not run',
    next: ['deploy all functions together'],
  })
}
