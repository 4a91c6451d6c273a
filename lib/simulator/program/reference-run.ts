import { InlineLauncher } from '../../hosts/program/inline-launcher.ts'
import { silentLog } from '../../host/log.ts'
import { MemoryBlobStore } from '../../adapters/local/blob-memory.ts'
import { MemoryHeadStore } from '../../adapters/local/head-memory.ts'
import type { ManualClock } from '../../adapters/local/manual-clock.ts'
import { SeededRandom } from '../../adapters/local/seeded-random.ts'
import type { Head } from '../../model/head.ts'
import type { Manifest } from '../../model/manifest.ts'
import { BatchEvents } from '../../observe/batch-events.ts'
import { Coordinator } from '../../runtime/coordinator/coordinator.ts'
import { readSetting } from '../../model/settings/read.ts'
import type { Built } from '../subject.ts'

export interface ReferenceOptions extends Built {
  readonly app: string
  readonly zeroTime: number
  /** What the run with faults committed, in order. */
  readonly manifests: readonly Manifest[]
  readonly workers: number
  /** Also what `Date` shows while it runs. */
  readonly clock: ManualClock
}

export interface ReferenceEnd {
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
  const coordinator = await Coordinator.open({
    app,
    host: { ...host, head: new MemoryHeadStore<Head>(), launcher },
    program,
    intervalMs: context.batchDuration.milliseconds,
    conf: {},
    holder: 'reference',
    isGone: () => true,
    fresh: false,
    resume: false,
    dropState: [],
    events: new BatchEvents(clock, context.listeners, silentLog, context.graph, () => {}),
    environment: (head) => ({
      app,
      inc: head.inc,
      write: () => {},
      files: { write: async () => {} },
      driver: context.sparkContext,
    }),
    limitOf: () => null,
    attemptsMax: 1,
    keep: 2,
    onError: readSetting(context.sparkContext.conf, 'sluice.onError'),
    signal: new AbortController().signal,
  })
  for (const { tick, time } of manifests) {
    clock.set(Math.max(clock.now(), time))
    await coordinator.runBatch(tick)
  }
  return { manifest: coordinator.manifest!, blobs }
}
