import { appendFileSync } from 'node:fs'
import { app, milliseconds, type Source, StateSpec } from 'sluice'

// What it reads follows from the number of the batch alone, so that any later process goes on with it.
const numbers: Source<number> = {
  name: 'Numbers',
  async cut({ position }) {
    const at = Number(position ?? 0)
    return { position: at + 1, splits: [at * 2, at * 2 + 1], records: 40 }
  },
  read: (split) => [Array.from({ length: 20 }, (_, i) => Number(split) * 20 + i)],
}

const say = (name: string) => (rdd: { collect(): unknown[] }, time: { milliseconds: number }) =>
  appendFileSync('said.ndjson', `${JSON.stringify([name, time.milliseconds, rdd.collect()])}\n`)

export default app(
  'stored',
  milliseconds(100),
  (ssc) => {
    const pairs = ssc.source('numbers', numbers).map((n) => {
      if (n === 777) throw new Error('not this one')
      return [`key ${n % 7}`, 1] as [string, number]
    })
    pairs
      .updateStateByKey<number>((ones, sum) => ones.length + (sum ?? 0), { name: 'totals' })
      .foreachRDD(say('totals'))
    pairs
      .mapWithState(
        StateSpec.function((key: string, one: number | undefined, state) => {
          state.update(Number(state.getOption() ?? 0) + (one ?? 0))
          return `${key}: ${state.get()}`
        }),
      )
      .count()
      .foreachRDD(say('mapped'))
    pairs
      .reduceByKeyAndWindow(
        (a, b) => a + b,
        (a, b) => a - b,
        milliseconds(2000),
        milliseconds(100),
        { name: 'inverse' },
      )
      .foreachRDD(say('inverse'))
    pairs.reduceByKeyAndWindow((a, b) => a + b, milliseconds(2000), milliseconds(200)).foreachRDD(say('window'))
    pairs.window(milliseconds(500), milliseconds(100)).count().foreachRDD(say('records'))
  },
  { onError: 'dead-letter' },
)
