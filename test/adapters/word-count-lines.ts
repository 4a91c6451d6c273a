import { Dice } from '../support/dice.ts'

/** The lines of each batch; a few words are in nearly every one. */
export function linesOf(seed: number, batches: number): string[][] {
  const dice = new Dice(seed)
  const word = (): string => `word${dice.chance(0.5) ? dice.below(4) : dice.below(60)}`
  return Array.from({ length: batches }, () =>
    Array.from({ length: dice.chance(0.15) ? 0 : dice.below(8) }, () =>
      Array.from({ length: dice.between(1, 6) }, word).join(' '),
    ),
  )
}
