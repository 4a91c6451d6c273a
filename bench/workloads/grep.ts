import { HandGrep } from '../ceilings/grep.ts'
import { checksum } from '../checksum.ts'
import { countAndSum } from '../count-and-sum.ts'
import { textFile, wordOfRank } from '../data.ts'
import { describedContext, Driver } from '../engine.ts'
import { collectGarbage } from '../meter.ts'
import { onSpark } from '../spark/spark.ts'
import { rangesText, sizeOf, textBlocks, type TextRange, textSource } from '../text-blocks.ts'
import type { Outcome, Setting, Size, Workload } from '../workload.ts'

const BLOCK_BYTES = 8_000_000
const WARM = 2
const BATCHES: Record<Size, number> = { small: 10, full: 24 }

const blocksOf = ({ inputs }: Setting): TextRange[][] => textBlocks(inputs[0].path, BLOCK_BYTES, 2)

async function engine(setting: Setting): Promise<Outcome> {
  const word = wordOfRank(1)
  const context = describedContext()
  const totals = { count: 0, sum: 0 }
  const found = context
    .source('text', textSource(blocksOf(setting)))
    .filter((line) => line.includes(word))
    .map((line): [number, number] => [1, line.length])
    .reduce((a, b) => [a[0] + b[0], a[1] + b[1]])
  const seen = countAndSum(
    found.flatMap(([count, sum]): [string, number][] => [
      ['count', count],
      ['sum', sum],
    ]),
  )
  const driver = await Driver.open(context)
  const batch = async (): Promise<void> => {
    await driver.batch()
    for (const [name, value] of seen.last.flat()) totals[name as 'count' | 'sum'] += value
  }
  const outcome = await timed(setting, batch, totals)
  await driver.close()
  return outcome
}

async function byHand(setting: Setting): Promise<Outcome> {
  const loop = new HandGrep(wordOfRank(1))
  const blocks = blocksOf(setting)
  let next = 0
  return timed(setting, () => loop.batch(blocks[next++]), loop)
}

async function timed(
  setting: Setting,
  batch: () => unknown,
  totals: { readonly count: number; readonly sum: number },
): Promise<Outcome> {
  const { size, meter } = setting
  for (let i = 0; i < WARM; i++) await meter.warm(batch)
  collectGarbage()
  for (let i = WARM; i < BATCHES[size]; i++) await meter.batch(batch)
  return {
    records: linesIn(setting),
    checksum: checksum([[totals.count, totals.sum]]),
  }
}

const linesIn = (setting: Setting): number => sizeOf(blocksOf(setting).slice(WARM, BATCHES[setting.size]).flat()).lines

export const grep: Workload = {
  name: 'grep',
  about:
    'number and length of the lines that hold the most frequent word, about two thirds of them; file ' +
    'read and decoded inside the time',
  inputs: async (size) => [textFile(size === 'small' ? 900_000 : 2_000_000)],
  variants: {
    ceiling: { run: byHand },
    'sluice-closures': { run: engine },
    spark: onSpark('grep', (setting) => {
      const { size, inputs } = setting
      const [blocks, { path }] = [blocksOf(setting), inputs[0]]
      const counts = { warm: WARM, batches: BATCHES[size] - WARM, passes: 3 }
      return {
        records: linesIn(setting),
        options: { ...counts, path, ranges: rangesText(blocks), word: wordOfRank(1) },
      }
    }),
  },
  ratios: [
    { of: 'sluice-closures', to: 'ceiling', metric: 'records_per_cpu_s', goal: 0.8 },
    { of: 'sluice-closures', to: 'spark', metric: 'records_per_cpu_s', goal: 15 },
  ],
}
