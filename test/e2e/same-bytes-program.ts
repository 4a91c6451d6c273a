/** A source that says the same on every host, windows of both kinds, both kinds of state, and a join, saved as text. */
export const PROGRAM = `
import { app, milliseconds, StateSpec, type Source } from 'sluice'

type Split = readonly [batch: number, part: number]

const PARTS = 3

/** Thirty words a batch, in three splits; nothing but the number of the batch decides which. */
const words: Source<string, number, Split> = {
  name: 'Words by number',
  identity: 'words',
  cut: async ({ position }) => {
    const batch = (position ?? 0) + 1
    const splits = Array.from({ length: PARTS }, (_, part): Split => [batch, part])
    return { position: batch, splits, records: 10 * PARTS }
  },
  async *read([batch, part]) {
    yield Array.from({ length: 10 }, (_, i) => \`w\${(batch * 7 + part * 5 + i * i) % 61}\`)
  },
}

const bucket = process.env['SLUICE_BUCKET']
const out = bucket === undefined ? 'out' : \`s3://\${bucket}/out\`
const slide = milliseconds(1000)

export default app(
  'same',
  milliseconds(200),
  (ssc) => {
    const pairs = ssc.source('words', words).map((word): [string, number] => [word, 1])
    const counts = pairs.reduceByKey((a, b) => a + b)
    counts
      .updateStateByKey<number>((added, sum) => added.reduce((a, b) => a + b, sum ?? 0), { name: 'totals' })
      .saveAsTextFiles(\`\${out}/totals\`)
    pairs
      .reduceByKeyAndWindow((a, b) => a + b, (a, b) => a - b, milliseconds(2000), slide)
      .saveAsTextFiles(\`\${out}/sliding\`)
    counts
      .window(milliseconds(1400), slide)
      .join(counts.window(milliseconds(1000), slide))
      .saveAsTextFiles(\`\${out}/joined\`)
    counts
      .mapWithState(
        StateSpec.function((word: string, added: number | null, state) => {
          const sum = (added ?? 0) + (state.getOption() ?? 0)
          if (!state.isTimingOut()) state.update(sum)
          return { word, sum, share: sum / 3 }
        }).timeout(milliseconds(600)),
      )
      .saveAsTextFiles(\`\${out}/mapped\`)
  },
  { conf: { 'spark.default.parallelism': '3' } },
)
`
