import type { KeyTable } from '../keys/key-table.ts'
import type { ValueColumn } from '../keys/value-column.ts'
import type { Aggregator } from './writer.ts'

/** Adds one pair to a table of combined values. */
type Emit = (pair: readonly [unknown, any]) => void
/** `fresh` looks at the first pair of each key, so that a loop over many pairs of few keys pays nothing. */
type Loop = (table: KeyTable, combined: ValueColumn, fresh: (pair: unknown) => void) => Emit

/**
 * By the closure that merges, then by the one that begins; reductions begin with the value itself, and share a loop.
 */
const loops = new WeakMap<object, WeakMap<object, Loop>>()
const REDUCES = {}

/**
 * The innermost step of a reduction, one function per user closure: where several reductions of a process shared it,
 * the call of the closure inside would see them all, and would no longer be inlined.
 */
export function combineLoop({ create, merge, reduce }: Aggregator<any, any>): Loop {
  let byCreate = loops.get(merge)
  if (!byCreate) loops.set(merge, (byCreate = new WeakMap()))
  const first = reduce ? REDUCES : create
  let loop = byCreate.get(first)
  if (!loop) byCreate.set(first, (loop = generated(create, merge, reduce ?? false) ?? composed(create, merge)))
  return loop
}

/** Made of fixed text only. */
function generated(create: unknown, merge: unknown, reduce: boolean): Loop | null {
  const first = reduce ? 'pair[1]' : 'create(pair[1])'
  const text = `return function(table,combined,fresh){return function(pair){
    if(pair==null)fresh(pair);const known=table.size;const id=table.upsert(pair[0]);
    if(id===known){fresh(pair);combined.set(id,${first})}
    else combined.set(id,merge(combined.get(id),pair[1]))}}`
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- the text holds nothing of the user's
    return new Function('create', 'merge', text)(create, merge) as Loop
  } catch (error) {
    if (error instanceof EvalError) return null // code generation is switched off in this process
    throw error
  }
}

const composed =
  (create: (value: unknown) => unknown, merge: (combined: unknown, value: unknown) => unknown): Loop =>
  (table, combined, fresh) =>
  (pair) => {
    if ((pair as unknown) === null || pair === undefined) fresh(pair)
    const known = table.size
    const id = table.upsert(pair[0])
    if (id === known) fresh(pair)
    combined.set(id, id === known ? create(pair[1]) : merge(combined.get(id), pair[1]))
  }
