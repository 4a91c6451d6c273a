import { checksum } from '../checksum.ts'
import { textFile } from '../data.ts'
import { describedContext, Driver } from '../engine.ts'
import { sizeOf, textBlocks } from '../text-blocks.ts'
import type { Outcome, Setting, Workload } from '../workload.ts'
import { wordCount } from './wordcount.ts'

const BLOCK_BYTES = 8_000_000
const PASSES = 5

/** The file again and again, as if it were longer. */
async function engine({ inputs, meter }: Setting): Promise<Outcome> {
  const { path } = inputs[0]
  const context = describedContext()
  const seen = wordCount(context, path, PASSES)
  const driver = await Driver.open(context)
  const blocks = textBlocks(path, BLOCK_BYTES, 2)
  for (let i = 0; i < blocks.length * PASSES; i++) await meter.batch(() => driver.batch())
  const outcome = { records: sizeOf(blocks.flat()).words * PASSES, checksum: checksum(seen.last.flat()) }
  await driver.close()
  return outcome
}

export const memory: Workload = {
  name: 'memory',
  about: 'word count over a gigabyte of text: the number is the peak of resident memory',
  inputs: async () => [textFile(2_000_000)],
  variants: { 'sluice-closures': { run: engine } },
  ratios: [],
  fullOnly: true,
}
