/**
 * What the chaos run kills: a window, keyed state and a plain count over the generated visits, into SQLite and into
 * files.
 */
import { app, milliseconds, StateSpec, type State } from '../../../lib/index.ts'
import { sqlite } from '../../../lib/adapters/index.ts'
import { visits } from './events.ts'

const [database, files, ticks] = process.argv.slice(2)

const INTERVAL_MS = 50

export default app(
  'chaos',
  milliseconds(INTERVAL_MS),
  (ssc) => {
    const stream = ssc.source('visits', visits(Number(ticks)))
    const byPage = stream.map((visit) => [visit.page, 1])

    byPage
      .reduceByKeyAndWindow(
        (a, b) => a + b,
        (a, b) => a - b,
        milliseconds(10 * INTERVAL_MS),
        milliseconds(INTERVAL_MS),
        { filter: ([, n]) => n > 0 },
      )
      .output(
        'windows',
        sqlite(database, {
          table: 'windows',
          columns: ['batch', 'page', 'n'],
          row: ([page, n], { batch }) => [batch, page, n],
          fence: 'windows_fence',
        }),
      )

    const total = (user: string, ms: number | undefined, state: State<number>): [string, number] => {
      state.update((state.getOption() ?? 0) + (ms ?? 0))
      return [user, state.get()]
    }
    stream
      .map((visit) => [visit.user, visit.ms])
      .mapWithState(StateSpec.function(total))
      .stateSnapshots()
      .output(
        'totals',
        sqlite(database, {
          table: 'totals',
          columns: ['user', 'ms', 'batch'],
          row: ([user, ms], { batch }) => [user, ms, batch],
          upsert: { key: ['user'] },
          fence: 'totals_fence',
        }),
      )

    byPage.updateStateByKey((added, before) => added.reduce((sum, n) => sum + n, before ?? 0)).saveAsTextFiles(files)
  },
  {
    // Every interval of the stream must become a batch of its own, as in the reference: none is skipped because too
    // many were missed, or because its tasks died too often.
    conf: { 'sluice.catchUpMax': 1_000_000, 'spark.task.maxFailures': 50 },
  },
)
