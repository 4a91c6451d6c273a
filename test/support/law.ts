import type { Dice } from './dice.ts'
import type { Batches, Build } from './run.ts'

/** A program, what goes in, and what recomputation from the whole input says must come out. */
interface LawCase {
  readonly build: Build
  readonly batches: Batches
  readonly expected:
    | readonly (readonly unknown[] | undefined)[]
    | { readonly [output: string]: readonly (readonly unknown[] | undefined)[] }
}

export interface Law {
  readonly sentence: string
  make(dice: Dice, count: number): LawCase
}

export const law = (sentence: string, make: Law['make']): Law => ({ sentence, make })
