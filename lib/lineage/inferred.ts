import type { Partitioner } from '../shuffle/partitioner.ts'

/**
 * Constraint of a type parameter that is inferred from what a function returns. It refuses nothing; the pair in it
 * makes TypeScript infer `[string, number]`, not `(string | number)[]`, for `(word) => [word, 1]`.
 */
export type Inferred = [unknown, unknown] | {} | null | undefined | void

/** How many partitions a shuffle has, or where its keys go. */
export type Parts = number | Partitioner
