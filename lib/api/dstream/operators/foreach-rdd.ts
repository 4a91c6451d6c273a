import { Time } from '../../../model/time.ts'
import type { DStream } from '../dstream.ts'
import type { ActionPromise } from '../../../lineage/action-promise.ts'
import { openBlock } from '../../../codec/block.ts'
import type { BlobRef } from '../../../model/refs.ts'
import { storedNode } from '../../../lineage/leaves.ts'
import { SparkContext } from '../../rdd/spark-context.ts'
import { RDD } from '../../rdd/rdd.ts'
import type { JobRunner } from '../../../lineage/jobs.ts'
import { chain, type MaybePromise, type RddNode } from '../../../lineage/node.ts'
import { ResidentRunner } from '../../../lineage/resident.ts'
import { loadedLater } from '../../../model/loaded-later.ts'
import type { OutputBatch } from '../../../graph/output-operation.ts'
import { stageAll } from '../../../graph/stagers.ts'
import { needsFunction } from '../../../lineage/bad-argument.ts'

/**
 * `f` once per batch, after the batch is committed, on records that the commit has fixed (Spark: `DStream.foreachRDD`).
 * It runs again after a crash that hit it. Actions on the RDD return values; a promise that `f` returns is waited for,
 * and so is what `foreach` and the like return, where `f` forgets about it.
 */
export function foreachRdd<T>(stream: DStream<T>, f: (rdd: RDD<T>, time: Time) => unknown, name?: string): void {
  needsFunction(f, 'foreachRDD')
  stream.output({
    operator: 'foreachRDD',
    name,
    operation: {
      guarantee: 'at-least-once',
      stage: stageAll,
      publish: async (batch) => {
        const given = await Given.of<T>(batch)
        // Straight from a source: a partition of the RDD is what one split of the batch held.
        const splits = stream.node.kind === 'source' && batch.cuts[stream.node.uid]?.splits
        const { node, runner, shown } = await given.forDriver()
        const begun: ActionPromise<unknown>[] = []
        runner.begun = (action) => begun.push(action)
        try {
          await f(
            new RDD<T>(SparkContext.of(batch.environment.driver), { ...node, ...(splits ? { splits } : {}) }, runner),
            new Time(batch.timeMs),
          )
        } finally {
          await settleAll(begun)
        }
        shown()
      },
    },
  })
}

/**
 * Waits for all of them, also for those that begin meanwhile. Rejects as the first one does that nobody awaits; the
 * failure of another is for whoever awaits it.
 */
async function settleAll(begun: readonly ActionPromise<unknown>[]): Promise<void> {
  for (let i = 0; i < begun.length; i++) {
    const { isAwaited } = begun[i]
    await begun[i].then(undefined, (error: unknown) => {
      if (!isAwaited) throw error
    })
  }
}

/** What of an output a driver function has at hand. */
interface ForDriver<T> {
  readonly node: RddNode<T>
  readonly runner: JobRunner
  /** To be called when all of it is shown. */
  shown(): void
}

type Staged = (() => unknown[]) | null

/** Needed by programs that set records aside, and only there. */
const tolerant = loadedLater(() => import('../../../lineage/tolerant-runner.ts'))
type Tolerant = Awaited<ReturnType<typeof tolerant>>

/** The staged records of one output: those that this process has just staged, and bytes of the others. */
class Given<T> {
  readonly #batch: OutputBatch
  readonly #refs: readonly BlobRef[]
  readonly #staged: ReadonlyMap<string, Staged>
  readonly #loaded: ReadonlyMap<string, Uint8Array>

  private constructor(
    batch: OutputBatch,
    refs: readonly BlobRef[],
    staged: ReadonlyMap<string, Staged>,
    loaded: ReadonlyMap<string, Uint8Array>,
  ) {
    this.#batch = batch
    this.#refs = refs
    this.#staged = staged
    this.#loaded = loaded
  }

  static async of<T>(batch: OutputBatch): Promise<Given<T>> {
    const refs = batch.parts.map((part) => part.ref!)
    const staged = new Map(refs.map((ref) => [ref.key, batch.staged?.(ref) ?? null]))
    const loaded = new Map<string, Uint8Array>()
    const wanted = refs.filter((ref) => !staged.get(ref.key))
    await Promise.all(wanted.map(async (ref) => loaded.set(ref.key, await batch.read(ref))))
    return new Given(batch, refs, staged, loaded)
  }

  forDriver(): MaybePromise<ForDriver<T>> {
    const { setAside } = this.#batch
    const node = storedNode<T>(this.#refs, null, (ref) => this.#staged.get(ref.key)?.() ?? null)
    if (!setAside) return { node, runner: new ResidentRunner(this.#loaded), shown: () => {} }
    return chain(tolerant(), (part) => this.#tolerantly(node, part, setAside))
  }

  #tolerantly(
    node: RddNode<T>,
    { TolerantRunner }: Tolerant,
    setAside: NonNullable<OutputBatch['setAside']>,
  ): ForDriver<T> {
    const { parts } = this.#batch
    const runner = new TolerantRunner({
      loaded: this.#loaded,
      counts: parts.map(({ records }) => records),
      max: setAside.max,
    })
    const shown = (): void => {
      const left = runner.setAside((partition, index) => this.#recordsOf(this.#refs[partition])[index])
      if (left.length > 0) setAside.keep(left)
    }
    return { node: runner.sifted(node), runner, shown }
  }

  #recordsOf(ref: BlobRef): readonly unknown[] {
    return this.#staged.get(ref.key)?.() ?? openBlock(this.#loaded.get(ref.key)!, ref.key).read(0, 1)[0]
  }
}
