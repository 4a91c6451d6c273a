import { fileURLToPath } from 'node:url'
import type { DStream } from '../../lib/index.ts'
import { type Batches, type Build, newContext } from './run.ts'

/** What kinds of objects are called in keys: sources and operators may be called the same. */
export const NAMES = ['blk', 'st', 'out', 'dlq', 'ctl', 'plan', 'man', 'graph', 'rcv', 'msg'] as const

export type Called = 'sources' | 'operators'

/** A sum over all time of what a window of two batches holds: one per name, of which sources or operators have it. */
export const sums =
  (called: Called): Build =>
  (input) =>
    Object.fromEntries(
      NAMES.map((name) => [`sum-${name}`, called === 'sources' ? summed(input(name)) : summed(input('numbers'), name)]),
    )

/** Too large to travel in a reference, so that there are objects to be lost. */
const PAD = 'x'.repeat(2000)

const summed = (numbers: DStream<number>, name?: string): DStream<number> =>
  numbers
    .window(2000, 1000)
    .map((n): [string, number] => [PAD, n])
    .updateStateByKey(
      (ns: readonly number[], sum: number | undefined) => ns.reduce((a, b) => a + b, sum ?? 0),
      name === undefined ? {} : { name },
    )
    .map(([, sum]) => sum)

/** So many batches of every source, of one record each. */
export const ones = (called: Called, batches: number): Batches => {
  const each = Array.from({ length: batches }, () => [1])
  return Object.fromEntries((called === 'sources' ? NAMES : ['numbers']).map((name) => [name, each]))
}

export const module = fileURLToPath(import.meta.url)

// As task threads load it.
const [called, batches] = process.argv.slice(2)
if (called === 'sources' || called === 'operators')
  newContext(sums(called), ones(called, Number(batches)), { partitions: 2 }).start()
