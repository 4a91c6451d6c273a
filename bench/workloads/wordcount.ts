import type { StreamingContext } from '../../lib/api/dstream/streaming-context.ts'
import { checksum } from '../checksum.ts'
import { MapWordCount, OwnTableWordCount, type WordCountClosures } from '../ceilings/wordcount.ts'
import { countAndSum, type Seen } from '../count-and-sum.ts'
import { textFile } from '../data.ts'
import { describedContext, Driver, type Driving } from '../engine.ts'
import { collectGarbage, type Meter } from '../meter.ts'
import { onPython } from '../python/python.ts'
import { onSpark } from '../spark/spark.ts'
import { rangesText, sizeOf, textBlocks, type TextRange, textSource } from '../text-blocks.ts'
import type { Outcome, Setting, Size, Variant, Workload } from '../workload.ts'

/** How much a batch reads, and how many batches there are; the file is read several times where it is too short. */
interface Shape {
  readonly blockBytes: number
  readonly warm: number
  readonly timed: number
  readonly passes: number
}

/** About a million words a batch. */
const millions = (size: Size): Shape => ({
  blockBytes: 8_000_000,
  warm: 2,
  timed: size === 'small' ? 8 : 22,
  passes: 1,
})
/** About ten million. */
const tens = (size: Size): Shape => ({ blockBytes: 80_000_000, warm: 1, timed: size === 'small' ? 3 : 6, passes: 7 })

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
export function wordCount(context: StreamingContext, blocks: readonly TextRange[][]): Seen {
  const { split, pair, add, update } = closures()
  const counts = context.source('text', textSource(blocks)).flatMap(split).map(pair).reduceByKey(add)
  return countAndSum(counts.updateStateByKey<number>(update))
}

/** The blocks of a million words that a worker thread describes as well. */
export const millionBlocks = (path: string): TextRange[][] => blocksOf(path, millions('full'))

function blocksOf(path: string, { blockBytes, passes, warm, timed }: Shape): TextRange[][] {
  const once = textBlocks(path, blockBytes, 2)
  const all = Array.from({ length: passes }, () => once).flat()
  return passes === 1 ? all : all.slice(0, warm + timed)
}

async function engine({ size, inputs, meter }: Setting, driving: Driving, shapeOf = millions): Promise<Outcome> {
  const shape = shapeOf(size)
  const blocks = blocksOf(inputs[0].path, shape)
  const context = describedContext()
  const seen = wordCount(context, blocks)
  const driver = await Driver.open(context, driving)
  await timed(meter, shape, () => driver.batch())
  const outcome = { records: wordsIn(blocks, shape), checksum: checksum(seen.last.flat()) }
  await driver.close()
  return outcome
}

async function byHand({ size, inputs, meter }: Setting, loop: OwnTableWordCount | MapWordCount): Promise<Outcome> {
  const shape = millions(size)
  const blocks = blocksOf(inputs[0].path, shape)
  await timed(meter, shape, (i) => loop.batch(blocks[i]))
  return { records: wordsIn(blocks, shape), checksum: checksum(loop.rows()) }
}

async function timed(meter: Meter, shape: Shape, batch: (i: number) => unknown): Promise<void> {
  for (let i = 0; i < shape.warm; i++) await meter.warm(() => batch(i))
  collectGarbage()
  for (let i = shape.warm; i < shape.warm + shape.timed; i++) await meter.batch(() => batch(i))
}

const spark = (shapeOf: (size: Size) => Shape, passes: number, group: string): Variant =>
  onSpark(
    'wordcount',
    ({ size, inputs }) => {
      const shape = shapeOf(size)
      const blocks = blocksOf(inputs[0].path, shape)
      const options = {
        warm: shape.warm,
        batches: shape.timed,
        passes,
        path: inputs[0].path,
        ranges: rangesText(blocks),
      }
      return { records: wordsIn(blocks, shape), options }
    },
    group,
  )

const wordsIn = (blocks: readonly TextRange[][], { warm, timed }: Shape): number =>
  blocks.slice(warm, warm + timed).reduce((sum, block) => sum + sizeOf(block).words, 0)

/** Engines in Python count all the blocks in one run: warm-up is in it, start and import are not. */
function wordsOfAll({ size, inputs }: Setting): { readonly records: number; readonly options: readonly string[] } {
  const shape = millions(size)
  const blocks = blocksOf(inputs[0].path, shape).slice(0, shape.warm + shape.timed)
  const options = [inputs[0].path, String(blocks.at(-1)!.at(-1)!.to)]
  return { records: wordsIn(blocks, { ...shape, warm: 0, timed: blocks.length }), options }
}

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
    'sluice-10m': { group: '10m', run: (setting) => engine(setting, {}, tens) },
    spark: spark(millions, 3, ''),
    'spark-10m': spark(tens, 1, '10m'),
    bytewax: onPython('bytewax', wordsOfAll),
    pathway: onPython('pathway', wordsOfAll),
    'map-closures': { run: (setting) => byHand(setting, new MapWordCount(closures())) },
  },
  ratios: [
    { of: 'sluice-closures', to: 'ceiling', metric: 'records_per_cpu_s', goal: 0.8 },
    { of: 'sluice-2workers', to: 'ceiling', metric: 'records_per_cpu_s' },
    { of: 'sluice-closures', to: 'spark', metric: 'records_per_cpu_s', goal: 6 },
    { of: 'sluice-2workers', to: 'sluice-closures', metric: 'p50_batch_ms', goal: 1.7 },
    { of: 'sluice-10m', to: 'spark-10m', metric: 'records_per_cpu_s', goal: 3 },
    { of: 'sluice-closures', to: 'bytewax', metric: 'records_per_cpu_s' },
    { of: 'sluice-closures', to: 'pathway', metric: 'records_per_cpu_s' },
    { of: 'sluice-closures', to: 'map-closures', metric: 'records_per_cpu_s' },
  ],
}
