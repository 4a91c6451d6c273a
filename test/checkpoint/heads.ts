import type { Head } from '../../lib/model/head.ts'
import { created } from '../../lib/checkpoint/transition.ts'

/** A head of the app `test`, held by `me`, with one delivered batch. */
export const headWith = (changes: Partial<Head> = {}): Head => ({
  ...created({
    app: 'test',
    inc: 'i1',
    graph: 'g1',
    intervalMs: 1000,
    zeroTime: 0,
    conf: {},
    holder: 'me',
    leaseUntil: 100,
  }),
  committed: 1,
  tick: 1,
  outDone: 1,
  manifest: manifestRef(1),
  ...changes,
})

export const manifestRef = (batch: number) => ({ key: `test/i1/man/${batch}.json`, len: 1, crc: 1 })
