import { InlineLauncher } from '../../hosts/program/inline-launcher.ts'
import { openCoordinator } from '../../hosts/program/open-coordinator.ts'
import { silentLog } from '../../host/log.ts'
import { MemoryBlobStore } from '../../adapters/local/blob-memory.ts'
import { MemoryHeadStore } from '../../adapters/local/head-memory.ts'
import type { ManualClock } from '../../adapters/local/manual-clock.ts'
import { SeededRandom } from '../../adapters/local/seeded-random.ts'
import type { Head } from '../../model/head.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { Built } from '../subject.ts'

interface ReferenceOptions extends Built {
  readonly app: string
  readonly zeroTime: number
  /** What the run with faults committed, in order. */
  readonly manifests: readonly Manifest[]
  readonly workers: number
  /** Also what `Date` shows while it runs. */
  readonly clock: ManualClock
}

interface ReferenceEnd {
  readonly manifest: Manifest
  readonly blobs: MemoryBlobStore
}

/**
 * The same batches, each at its time and with its records, in one process in which nothing goes wrong: what a run with
 * faults must come to. As many tasks per batch as in that run, because sums of fractions depend on what is added first.
 */
export async function referenceRun({
  app,
  zeroTime,
  manifests,
  workers,
  clock,
  context,
  program,
}: ReferenceOptions): Promise<ReferenceEnd> {
  clock.set(zeroTime)
  const blobs = new MemoryBlobStore()
  const host = { clock, random: new SeededRandom(1), log: silentLog, blobs }
  const inline = new InlineLauncher(program, host)
  const launcher = { slots: Math.max(1, workers), launch: inline.launch.bind(inline), close: async () => {} }
  const { coordinator } = await openCoordinator({
    app,
    context,
    program,
    host: { ...host, head: new MemoryHeadStore<Head>(), control: new MemoryHeadStore<unknown>(), launcher },
    attempts: 1,
    holder: 'reference',
    isGone: () => true,
    environment: (head) => ({
      app,
      inc: head.inc,
      write: () => {},
      files: { write: async () => {} },
      driver: context.sparkContext,
    }),
    onOutputError: () => {},
    unlimited: true,
  })
  for (const { tick, time } of manifests) {
    clock.set(Math.max(clock.now(), time))
    await coordinator.runBatch(tick)
  }
  return { manifest: coordinator.manifest!, blobs }
}
