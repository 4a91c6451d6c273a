import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const baseline = join(import.meta.dirname, 'results', 'baseline.json')
const FALL = 0.9
const ROUNDS_BAD = 0.6

/**
 * Compares ratios with those of the first check here, and warns where one fell by more than a tenth in three of five
 * rounds. Never fails.
 */
export function check(
  ratios: readonly {
    readonly workload: string
    readonly ratio: string
    readonly median: number
    readonly perRound: readonly number[]
  }[],
  say: (text: string) => void,
): number {
  if (!existsSync(baseline)) {
    writeFileSync(
      baseline,
      `${JSON.stringify(Object.fromEntries(ratios.map((each) => [nameOf(each), each.median])), null, 2)}\n`,
    )
    say('No earlier check to compare with: these ratios are the baseline from now on (bench/results/baseline.json).')
    return 0
  }
  const before = JSON.parse(readFileSync(baseline, 'utf8')) as Record<string, number>
  for (const ratio of ratios) {
    const known = before[nameOf(ratio)]
    if (known === undefined) continue
    const fallen = ratio.perRound.filter((value) => value < FALL * known).length
    if (fallen >= ROUNDS_BAD * ratio.perRound.length)
      say(
        `Slower: ${nameOf(ratio)} was ${known.toFixed(2)}, is ${ratio.median.toFixed(2)}; below nine tenths ` +
          `in ${fallen} of ${ratio.perRound.length} rounds.`,
      )
  }
  return 0
}

const nameOf = ({ workload, ratio }: { readonly workload: string; readonly ratio: string }): string =>
  `${workload} ${ratio}`
