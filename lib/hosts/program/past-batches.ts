import type { Host } from '../../host/host.ts'
import { SluiceError } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { BatchPlan } from '../../model/task.ts'
import { Duration, Time } from '../../model/time.ts'
import { PlannedView } from '../../plan/batch-view.ts'
import { StateStore } from '../../state/state-store.ts'
import type { DStream } from '../../api/dstream/dstream.ts'
import { collectSplit } from '../../lineage/node.ts'
import { SparkContext } from '../../api/rdd/spark-context.ts'
import { RDD } from '../../api/rdd/rdd.ts'
import { ResidentRunner } from '../../lineage/resident.ts'
import type { RddNode } from '../../lineage/node.ts'
import type { Coordinator } from '../../runtime/coordinator/coordinator.ts'
import { exchangeBelow } from '../../runtime/task/local-shuffles.ts'
import { planBatch } from '../../runtime/planning/plan-batch.ts'
import { sourceIo } from '../../runtime/task/read-split.ts'
import type { TaskProgram } from '../../runtime/task/program.ts'
import { RunningTask } from '../../runtime/task/task-scope.ts'

/**
 * Spark computes a batch that an input has forgotten again if it is asked for; the last few can be, whatever is
 * remembered.
 */
const MANIFESTS_MIN = 10

/** So many batches that have not come yet are made up for a slice. */
const AHEAD_MAX = 1000

/** Manifests of the batches that streams still remember, so that `slice` can compute them again from what they read. */
export class PastBatches {
  readonly #host: Host<Head>
  readonly #program: TaskProgram
  readonly #keepMs: number
  readonly #manifests = new Map<number, { readonly manifest: Manifest; readonly base: Manifest | null }>()
  #last: Manifest | null = null

  constructor(host: Host<Head>, program: TaskProgram, keepMs: number) {
    this.#host = host
    this.#program = program
    this.#keepMs = keepMs
  }

  add(manifest: Manifest | null): void {
    if (!manifest || manifest.time === this.#last?.time) return
    this.#manifests.set(manifest.time, { manifest, base: this.#last })
    this.#last = manifest
    for (const time of this.#manifests.keys()) {
      if (this.#manifests.size <= MANIFESTS_MIN) return
      if (time <= manifest.time - this.#keepMs) this.#manifests.delete(time)
    }
  }

  /** Both ends are included; ends off the stream's grid are floored to it (Spark: `DStream.slice`). */
  async slice<T>(stream: DStream<T>, from: Time, to: Time, coordinator: Coordinator): Promise<RDD<T>[]> {
    // Its outputs are shown before the batch is handed over, and one of them may ask.
    this.add(coordinator.manifest)
    const { zeroTime } = coordinator.head
    const step = new Duration(stream.node.slideMs)
    const zero = new Time(zeroTime)
    const first = from.floor(step, zero)
    const last = to.floor(step, zero)
    const committed = coordinator.manifest?.time ?? zeroTime
    const past = Array.from(this.#manifests.keys(), (time) => new Time(time)).filter(
      (time) => time.greaterEq(first) && time.lessEq(last),
    )
    const next = new Time(committed).floor(step, zero).plus(step).max(first)
    if (last.minus(next).div(step) > AHEAD_MAX) throw farAhead(stream, last)
    const times = [...past, ...next.to(last, step)]
    const rdds: RDD<T>[] = []
    for (const time of times) {
      const plan = await this.#planOf(time.milliseconds, coordinator)
      const rdd = plan && (await this.#compute(stream, plan))
      if (rdd) rdds.push(rdd)
    }
    return rdds
  }

  /** The plan of a past batch, or one made for the occasion where the batch has not come yet. */
  async #planOf(time: number, coordinator: Coordinator): Promise<BatchPlan | null> {
    const { head, manifest: base } = coordinator
    const known = this.#manifests.get(time)
    if (known) {
      const { manifest } = known
      return {
        ...manifest,
        app: head.app,
        inc: head.inc,
        epoch: head.epoch,
        zeroTime: head.zeroTime,
        state: known.base?.state ?? {},
        retained: known.base?.retained ?? {},
      }
    }
    if (base && time <= base.time) return null
    const tick = (time - head.zeroTime) / head.intervalMs
    const planned = await planBatch(
      {
        head,
        base,
        input: {
          kind: 'new',
          slot: { batch: head.committed + 1, tick, time },
          limits: {},
          unready: [],
          startedAt: head.zeroTime,
          letterCommands: [],
        },
        smallBytes: null,
        slots: this.#host.launcher.slots,
        mayRun: false,
      },
      this.#program,
      this.#host,
    )
    if (planned.kind === 'failed') throw planned.error
    return planned.batch.plan
  }

  async #compute<T>(stream: DStream<T>, plan: BatchPlan): Promise<RDD<T> | null> {
    const node = new PlannedView(this.#program.graph, plan, this.#program.driver).rdd(stream.node, plan.time)
    if (!node) return null
    const { blobs } = this.#host
    const scope = new RunningTask(
      { plan, task: 'slice', exec: 0, attempt: 0, work: [], inputs: {}, staged: false },
      {
        blobs,
        store: new StateStore(),
        shuffleIds: new Map(),
        log: this.#host.log,
        clock: this.#host.clock,
        putState: async (_operator, bytes) => ({ key: 'scratch', len: bytes.length, crc: 0 }),
        sourceIo: (uid) => sourceIo(this.#host, plan, uid),
      },
    )
    await exchangeBelow(node, scope)
    const partitions: T[][] = []
    for (let split = 0; split < node.partitions; split++) partitions.push(await collectSplit(node, split, scope))
    return new RDD<T>(SparkContext.of(this.#program.driver), partitionedCollection(partitions), new ResidentRunner())
  }
}

const farAhead = ({ node }: DStream<unknown>, last: Time): SluiceError =>
  new SluiceError('E_ARGUMENT', `slice was asked for batches until ${last}, more than ${AHEAD_MAX} ahead.`, {
    where: { place: node.place },
    did: 'nothing was computed',
    next: ['slice(from, new Time(Date.now()))'],
  })

const partitionedCollection = <T>(partitions: readonly (readonly T[])[]): RddNode<T> => ({
  kind: 'slice',
  partitions: partitions.length,
  partitioner: null,
  dependencies: [],
  compute: (split, _task, sink) => sink.chunk(partitions[split]!),
})
