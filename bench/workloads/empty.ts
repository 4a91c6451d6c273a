import { join } from 'node:path'
import type { DStream } from '../../lib/api/dstream/dstream.ts'
import { syncedAppends } from '../ceilings/empty.ts'
import { checksum } from '../checksum.ts'
import { countAndSum } from '../count-and-sum.ts'
import { uniformFile } from '../data.ts'
import { describedContext, Driver, type Store } from '../engine.ts'
import { ReadySource } from '../feed.ts'
import { collectGarbage } from '../meter.ts'
import { onSpark } from '../spark/spark.ts'
import type { Outcome, Setting, Variant, Workload } from '../workload.ts'

const WARM = 1_000
const BATCHES = 1_000
/** A machine of Java is slow in its first thousands of batches. */
const SPARK_WARM = 1_500
const SPARK_BATCHES = 300

/** A stage more for each shuffle. */
function staged(source: DStream<[string, number]>, stages: number, tasks: number): DStream<[string, number]> {
  let stream = source.map((pair) => pair)
  for (let stage = 1; stage < stages; stage++)
    stream = stream.map(([key, value]): [string, number] => [key, value]).reduceByKey((a, b) => a + b, tasks)
  return stream
}

async function engine({ meter }: Setting, stages: number, tasks: number, store: Store): Promise<Outcome> {
  const context = describedContext()
  const seen = countAndSum(staged(context.source('nothing', new ReadySource<[string, number]>(tasks)), stages, tasks))
  const driver = await Driver.open(context, { store })
  for (let i = 0; i < WARM; i++) await meter.warm(() => driver.batch())
  collectGarbage()
  for (let i = 0; i < BATCHES; i++) await meter.batch(() => driver.batch())
  const outcome = {
    records: 0,
    checksum: checksum(seen.last.flat()),
    extra: {
      p50_commit_ms: driver.commitMs(0.5, BATCHES),
      p99_commit_ms: driver.commitMs(0.99, BATCHES),
      batches: BATCHES,
    },
  }
  await driver.close()
  return outcome
}

async function byHand({ inputs, meter }: Setting): Promise<Outcome> {
  const path = join(inputs[0].path, '..', `appends-${process.pid}`)
  await syncedAppends(path, BATCHES, (run) => meter.batch(run))
  return { records: 0, checksum: checksum([]), extra: { p50_commit_ms: meter.quantileMs(0.5) / 2, batches: BATCHES } }
}

const variantsOf = (tasks: number, fullOnly: boolean): Record<string, Variant> =>
  Object.fromEntries(
    [1, 2, 3].flatMap((stages) =>
      (['memory', 'directory'] as const).map((store) => [
        `${stages}-stage-${tasks}-tasks-${store}`,
        { fullOnly, run: (setting: Setting) => engine(setting, stages, tasks, store) },
      ]),
    ),
  )

export const empty: Workload = {
  name: 'empty',
  about:
    'batches without records: one to three stages, head and blobs in memory or synced to a directory; ' +
    'the commit counts from the tick, the batch includes outputs and mark',
  inputs: async () => [uniformFile(2, 2)],
  variants: {
    'floor-appends': { run: byHand },
    ...variantsOf(2, false),
    ...variantsOf(16, true),
    ...variantsOf(64, true),
    spark: onSpark('empty', () => ({ records: 0, options: { warm: SPARK_WARM, batches: SPARK_BATCHES, passes: 1 } })),
  },
  ratios: [
    { of: '2-stage-2-tasks-memory', to: 'spark', metric: 'p50_batch_ms', goal: 35 },
    { of: '2-stage-2-tasks-directory', to: 'spark', metric: 'p50_batch_ms' },
    { of: '2-stage-2-tasks-directory', to: 'floor-appends', metric: 'p50_batch_ms' },
  ],
}
