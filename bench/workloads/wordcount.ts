import type { StreamingContext } from '../../lib/api/dstream/streaming-context.ts'
import { checksum } from '../checksum.ts'
import { MapWordCount, OwnTableWordCount, type WordCountClosures } from '../ceilings/wordcount.ts'
import { countAndSum, type Seen } from '../count-and-sum.ts'
import { textFile } from '../data.ts'
import { describedContext, Driver, type Driving } from '../engine.ts'
import { collectGarbage } from '../meter.ts'
import { sizeOf, textBlocks, type TextRange, textSource } from '../text-blocks.ts'
import type { Outcome, Setting, Size, Workload } from '../workload.ts'

const BLOCK_BYTES = 8_000_000
const WARM = 2
const BATCHES: Record<Size, number> = { small: 10, full: 24 }

const closures = (): WordCountClosures => ({
  split: (line) => line.split(' '),
  pair: (word) => [word, 1],
  add: (a, b) => a + b,
  update: (values, total) => {
    let sum = total ?? 0
    for (let i = 0; i < values.length; i++) sum += values[i]
    return sum
  },
})

/** The program under test: words of each batch, and a running total of each word. */
export function wordCount(context: StreamingContext, path: string, passes = 1): Seen {
  const { split, pair, add, update } = closures()
  const blocks = Array.from({ length: passes }, () => blocksOf(path)).flat()
  const counts = context.source('text', textSource(blocks)).flatMap(split).map(pair).reduceByKey(add)
  return countAndSum(counts.updateStateByKey<number>(update))
}

const blocksOf = (path: string): TextRange[][] => textBlocks(path, BLOCK_BYTES, 2)

async function engine({ size, inputs, meter }: Setting, driving: Driving): Promise<Outcome> {
  const context = describedContext()
  const seen = wordCount(context, inputs[0].path)
  const driver = await Driver.open(context, driving)
  for (let i = 0; i < WARM; i++) await meter.warm(() => driver.batch())
  collectGarbage()
  for (let i = WARM; i < BATCHES[size]; i++) await meter.batch(() => driver.batch())
  const outcome = { records: wordsIn(inputs[0].path, size), checksum: checksum(seen.last.flat()) }
  await driver.close()
  return outcome
}

async function byHand({ size, inputs, meter }: Setting, loop: OwnTableWordCount | MapWordCount): Promise<Outcome> {
  const blocks = blocksOf(inputs[0].path)
  for (let i = 0; i < WARM; i++) await meter.warm(() => loop.batch(blocks[i]))
  collectGarbage()
  for (let i = WARM; i < BATCHES[size]; i++) await meter.batch(() => loop.batch(blocks[i]))
  return { records: wordsIn(inputs[0].path, size), checksum: checksum(loop.rows()) }
}

const wordsIn = (path: string, size: Size): number => sizeOf(blocksOf(path).slice(WARM, BATCHES[size]).flat()).words

export const wordcount: Workload = {
  name: 'wordcount',
  about:
    'words per batch of about a million words and a running total per word, with closures; file read and ' +
    'decoded inside the time',
  inputs: async (size) => [textFile(size === 'small' ? 900_000 : 2_000_000)],
  variants: {
    ceiling: { run: (setting) => byHand(setting, new OwnTableWordCount(closures())) },
    'sluice-closures': { run: (setting) => engine(setting, {}) },
    'sluice-2workers': {
      run: (setting) =>
        engine(setting, {
          workers: {
            count: 2,
            module: new URL('../programs/wordcount.ts', import.meta.url).pathname,
            args: [setting.inputs[0].path],
          },
        }),
    },
    'map-closures': { run: (setting) => byHand(setting, new MapWordCount(closures())) },
  },
  ratios: [
    { of: 'sluice-closures', to: 'ceiling', metric: 'records_per_cpu_s', goal: 0.8 },
    { of: 'sluice-2workers', to: 'ceiling', metric: 'records_per_cpu_s' },
    { of: 'sluice-closures', to: 'map-closures', metric: 'records_per_cpu_s' },
  ],
}
