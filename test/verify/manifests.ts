import { ObjectKeys } from '../../lib/checkpoint/object-keys.ts'
import type { Cut, Manifest } from '../../lib/model/manifest.ts'

export const keys = new ObjectKeys('test', 'i1')

export const cutTo = (to: number): Cut => ({ position: to, splits: [{ to }], records: 1 })

/** The manifest of a batch that reads up to its own number. */
export const manifestOf = (batch: number, changes: Partial<Manifest> = {}): Manifest => ({
  format: 2,
  batch,
  tick: batch,
  time: 1000 * batch,
  nonce: `n${batch}`,
  base: batch === 1 ? null : `n${batch - 1}`,
  graph: 'g',
  cuts: { lines: cutTo(batch) },
  positions: { lines: batch },
  actions: {},
  state: {},
  retained: {},
  outputs: {},
  records: { lines: 1 },
  ...changes,
})
