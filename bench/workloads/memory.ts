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
  const context = describedContext()
  const once = textBlocks(inputs[0].path, BLOCK_BYTES, 2)
  const blocks = Array.from({ length: PASSES }, () => once).flat()
  const seen = wordCount(context, blocks)
  const driver = await Driver.open(context)
  for (let i = 0; i < blocks.length; i++) await meter.batch(() => driver.batch())
  const outcome = { records: sizeOf(once.flat()).words * PASSES, checksum: checksum(seen.last.flat()) }
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
