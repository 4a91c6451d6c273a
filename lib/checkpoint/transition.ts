import type { Head, OwedOutput } from '../model/head.ts'
import type { BlobRef } from '../model/refs.ts'

/**
 * Every way the head may move, as pure functions from head to head. Nothing else makes a new head, so that a log of writes can be
 * replayed against them: `check` says what is wrong with a step, and `verify` asks it about every step of a log.
 */
export type Cause = 'create' | 'recreate' | 'acquire' | 'commit' | 'mark' | 'halt' | 'resume' | 'release'

export function created(facts: Pick<Head, 'app' | 'inc' | 'graph' | 'intervalMs' | 'zeroTime' | 'conf' | 'holder' | 'leaseUntil'>): Head {
  return { ...facts, epoch: 1, committed: 0, tick: 0, manifest: null, outDone: 0, owed: [], gcFloor: 0, halt: null }
}

export const acquired = (head: Head, by: Pick<Head, 'holder' | 'leaseUntil' | 'graph' | 'conf'>): Head => ({ ...head, ...by, epoch: head.epoch + 1 })

export const committed = (head: Head, batch: { readonly tick: number; readonly manifest: BlobRef; readonly leaseUntil: number }): Head => ({
  ...head,
  committed: head.committed + 1,
  tick: batch.tick,
  manifest: batch.manifest,
  leaseUntil: batch.leaseUntil,
})

export const marked = (head: Head, delivery: Pick<Head, 'owed' | 'gcFloor'>): Head => ({
  ...head,
  outDone: head.committed,
  owed: delivery.owed,
  gcFloor: Math.max(head.gcFloor, delivery.gcFloor),
})

export const settled = (head: Head, owed: readonly OwedOutput[]): Head => ({ ...head, owed })
export const halted = (head: Head, reason: string): Head => ({ ...head, halt: { reason, batch: head.committed + 1 } })
export const resumed = (head: Head): Head => ({ ...head, halt: null })
export const released = (head: Head): Head => ({ ...head, holder: null, leaseUntil: 0 })

/** What is wrong with one step of a log, or null. The rules are the invariants I1, I6, I10 and I11 of the protocol. */
export function check(before: Head | null, after: Head, cause: string): string | null {
  if (!before) return cause === 'create' && after.committed === 0 && after.epoch === 1 ? null : `the first write is "${cause}", not a creation`
  if (cause === 'recreate') return after.app === before.app && after.inc !== before.inc && after.committed === 0 ? null : 'a recreation must begin a new incarnation of the same app'
  if (after.app !== before.app || after.inc !== before.inc) return `the identity changed from ${before.app}/${before.inc} to ${after.app}/${after.inc}`
  if (after.zeroTime !== before.zeroTime) return 'the zero time changed'
  if (after.epoch < before.epoch || after.committed < before.committed || after.tick < before.tick) return 'epoch, batch or tick went back'
  if (after.outDone < before.outDone || after.gcFloor < before.gcFloor) return 'outDone or gcFloor went back'
  if (after.outDone > after.committed) return `outputs of batch ${after.outDone} are marked, but only ${after.committed} is committed`
  if (after.gcFloor > after.outDone) return 'the floor is above what was delivered'
  return STEPS[cause as Cause]?.(before, after) ?? (cause in STEPS ? null : `unknown cause "${cause}"`)
}

const same = (before: Head, after: Head, ...fields: (keyof Head)[]): string | null => {
  const changed = fields.find((field) => before[field] !== after[field] && JSON.stringify(before[field]) !== JSON.stringify(after[field]))
  return changed ? `${changed} changed` : null
}

const STEPS: Record<Cause, (before: Head, after: Head) => string | null> = {
  create: () => 'created over an existing head',
  recreate: () => null,
  acquire: (before, after) => (after.epoch === before.epoch + 1 ? same(before, after, 'committed', 'tick', 'manifest', 'outDone', 'owed', 'halt') : 'an acquisition must raise the epoch by one'),
  commit: (before, after) => {
    if (after.committed !== before.committed + 1) return `a commit moved from batch ${before.committed} to ${after.committed}`
    if (before.outDone !== before.committed) return `batch ${after.committed} was committed before the outputs of ${before.committed} were done`
    if (after.tick <= before.tick) return `tick ${after.tick} follows tick ${before.tick}`
    if (before.halt) return 'committed while halted'
    return same(before, after, 'epoch', 'holder', 'outDone', 'owed', 'graph')
  },
  mark: (before, after) => same(before, after, 'epoch', 'holder', 'committed', 'tick', 'manifest', 'graph'),
  halt: (before, after) => (after.halt ? same(before, after, 'committed', 'manifest', 'outDone') : 'halted without a reason'),
  resume: (before, after) => (after.epoch === before.epoch + 1 ? same(before, after, 'committed', 'manifest', 'outDone') : 'a resumption must raise the epoch by one'),
  release: (before, after) => same(before, after, 'committed', 'tick', 'manifest', 'outDone', 'owed', 'epoch'),
}
