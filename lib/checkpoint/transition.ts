import type { TickNumber } from '../model/ids.ts'
import type { DeadLetters } from '../model/dead-letter.ts'
import { given } from '../model/given.ts'
import type { Head, OpenPlan, OwedOutput } from '../model/head.ts'
import type { BlobRef } from '../model/refs.ts'

/**
 * Every way the head may move, as pure functions from head to head. Nothing else makes a new head, so that a log of
 * writes can be replayed against them: `check` says what is wrong with a step, and `verify` asks it about every step of
 * a log.
 */
export type Cause =
  | 'create'
  | 'recreate'
  | 'acquire'
  | 'plan'
  | 'seal'
  | 'renew'
  | 'commit'
  | 'mark'
  | 'halt'
  | 'resume'
  | 'release'

export function created(
  facts: Pick<Head, 'app' | 'inc' | 'graph' | 'intervalMs' | 'zeroTime' | 'conf' | 'holder' | 'leaseUntil'>,
): Head {
  return { ...facts, epoch: 1, committed: 0, tick: 0, manifest: null, outDone: 0, owed: [], gcFloor: 0, halt: null }
}

/**
 * A plan that nothing outside has seen is dropped by another program. Only who takes the app from somebody else counts
 * as idle: one coordinator after the other, each of which lets go, is how long batches are done.
 */
export const acquired = (
  { plan, ...head }: Head,
  by: Pick<Head, 'holder' | 'leaseUntil' | 'graph' | 'conf' | 'intervalMs' | 'zeroTime'>,
): Head => ({
  ...head,
  ...by,
  ...given({ plan: (by.graph === head.graph || !plan?.hidden) && plan }),
  ...(head.holder === null ? {} : { idle: (head.idle ?? 0) + 1 }),
  epoch: head.epoch + 1,
})

export const planned = (head: Head, plan: OpenPlan): Head => ({ ...head, plan })
export const sealed = (head: Head, seals: BlobRef): Head => ({ ...head, plan: { ...head.plan!, seals } })

export function committed(
  { plan: _done, idle: _idle, letters = [], ...head }: Head,
  batch: { readonly tick: TickNumber; readonly manifest: BlobRef; readonly letters?: readonly DeadLetters[] },
): Head {
  const left = letters.filter(({ ref }) => !batch.letters?.some((taken) => taken.ref.key === ref.key))
  return {
    ...head,
    ...given({ letters: left.length > 0 && left }),
    committed: head.committed + 1,
    tick: batch.tick,
    manifest: batch.manifest,
  }
}

/** What outputs of one batch have come to. */
interface Delivery extends Pick<Head, 'owed' | 'gcFloor'> {
  /** Records that they were shown without. */
  readonly letters?: readonly DeadLetters[]
}

export const marked = (head: Head, delivery: Delivery): Head => ({
  ...withLetters(head, delivery.letters ?? []),
  outDone: head.committed,
  owed: delivery.owed,
  gcFloor: Math.max(head.gcFloor, delivery.gcFloor),
})

export const settled = (head: Head, owed: readonly OwedOutput[], letters: readonly DeadLetters[] = []): Head => ({
  ...withLetters(head, letters),
  owed,
})

function withLetters(head: Head, letters: readonly DeadLetters[]): Head {
  if (letters.length === 0) return head
  return { ...head, letters: [...(head.letters ?? []), ...letters] }
}

export const halted = (head: Head, reason: string): Head => ({ ...head, halt: { reason, batch: head.committed + 1 } })
export const resumed = (head: Head): Head => ({ ...head, halt: null })
/** A sign of life. */
export const renewed = (head: Head, leaseUntil: number): Head => ({ ...head, leaseUntil })
export const released = (head: Head): Head => ({ ...head, holder: null, leaseUntil: 0 })

/** What is wrong, unless it holds. */
function unless(holds: boolean, wrong: string): string | null {
  if (holds) return null
  return wrong
}

/**
 * What is wrong with one step of a log, or null. The rules are the invariants I1, I6, I10 and I11 of the protocol; what
 * no rule lets a step change, it must not.
 */
export function check(before: Head | null, after: Head, cause: string): string | null {
  if (!before) return unless(cause === 'create', `the first write is "${cause}", not a creation`) ?? asNew(after)
  if (cause === 'recreate')
    return (
      unless(
        after.app === before.app && after.inc !== before.inc,
        'a recreation must begin a new incarnation of the same app',
      ) ?? asNew(after)
    )
  const between = halfWay(before, after, cause)
  if (between) return check(before, between.head, between.cause) ?? check(between.head, after, cause)
  if (after.app !== before.app || after.inc !== before.inc)
    return `the identity changed from ${before.app}/${before.inc} to ${after.app}/${after.inc}`
  if (after.intervalMs !== before.intervalMs && cause !== 'acquire' && cause !== 'resume')
    return 'the interval changed while the program ran'
  // Another interval is another grid; without one, the grid stays where it is.
  if (after.zeroTime !== before.zeroTime && after.intervalMs === before.intervalMs) return 'the zero time changed'
  if (after.epoch < before.epoch || after.committed < before.committed || after.tick < before.tick)
    return 'epoch, batch or tick went back'
  if (after.outDone < before.outDone || after.gcFloor < before.gcFloor) return 'outDone or gcFloor went back'
  if (after.outDone > after.committed)
    return `outputs of batch ${after.outDone} are marked, but only ${after.committed} is committed`
  if (after.gcFloor > after.outDone) return 'the floor is above what was delivered'
  if (!Object.hasOwn(STEPS, cause)) return `unknown cause "${cause}"`
  const { moves, rule } = STEPS[cause as keyof typeof STEPS]
  return rule(before, after) ?? changedBeside(moves, before, after)
}

/** A commit may take the head as well, and who lets go of it may mark: then the head between the two steps. */
function halfWay(before: Head, after: Head, cause: string): { readonly head: Head; readonly cause: Cause } | null {
  const { outDone, owed, letters, gcFloor, holder, leaseUntil, graph, conf, intervalMs, zeroTime } = after
  if (cause === 'commit' && after.epoch === before.epoch + 1) {
    const by = { holder, leaseUntil, graph, conf, intervalMs, zeroTime }
    return { head: acquired(before, by), cause: 'acquire' }
  }
  const isMarked = outDone !== before.outDone || isOther(owed, before.owed) || isOther(letters, before.letters)
  if (cause === 'release' && isMarked)
    return { head: { ...before, outDone, owed, ...given({ letters }), gcFloor }, cause: 'mark' }
  return null
}

const asNew = ({
  epoch,
  committed: batches,
  tick,
  manifest,
  plan,
  outDone,
  owed,
  gcFloor,
  halt,
}: Head): string | null =>
  unless(
    epoch === 1 &&
      batches === 0 &&
      tick === 0 &&
      manifest === null &&
      plan === undefined &&
      outDone === 0 &&
      owed.length === 0 &&
      gcFloor === 0 &&
      halt === null,
    'a creation must begin with nothing',
  )

const isOther = (before: unknown, after: unknown): boolean =>
  before !== after && JSON.stringify(before) !== JSON.stringify(after)

function changedBeside(moves: readonly (keyof Head)[], before: Head, after: Head): string | null {
  const fields = new Set([...Object.keys(before), ...Object.keys(after)] as (keyof Head)[])
  const changed = [...fields].find((field) => !moves.includes(field) && isOther(before[field], after[field]))
  return unless(!changed, `${changed} changed`)
}

interface Step {
  /** The fields that it may change. */
  readonly moves: readonly (keyof Head)[]
  readonly rule: (before: Head, after: Head) => string | null
}

const STEPS: Record<Exclude<Cause, 'recreate'>, Step> = {
  create: { moves: [], rule: () => 'created over an existing head' },
  acquire: {
    moves: ['epoch', 'holder', 'leaseUntil', 'idle', 'graph', 'conf', 'intervalMs', 'zeroTime', 'plan'],
    rule: takenBy('an acquisition'),
  },
  seal: {
    moves: ['plan', 'leaseUntil'],
    rule: (before, after) => {
      if (before.holder === null) return 'sealed while nobody held the app'
      if (!before.plan || !after.plan?.seals) return 'sealed without a plan'
      const { seals: _before, ...open } = before.plan
      const { seals: _after, ...still } = after.plan
      return unless(JSON.stringify(open) === JSON.stringify(still), 'a seal changed the plan that it is of')
    },
  },
  renew: {
    moves: ['leaseUntil'],
    rule: (before) => unless(before.holder !== null, 'renewed while nobody held the app'),
  },
  plan: {
    moves: ['plan', 'leaseUntil'],
    rule: (before, after) => {
      if (before.plan) return `the plan of batch ${before.committed + 1} was replaced`
      if (!after.plan || after.plan.tick <= before.tick)
        return 'a plan must be for a later tick than the last committed one'
      if (before.holder === null) return 'planned while nobody held the app'
      return unless(
        before.outDone === before.committed,
        `batch ${before.committed + 1} was planned before the outputs of ${before.committed} were done`,
      )
    },
  },
  commit: {
    moves: ['committed', 'tick', 'manifest', 'leaseUntil', 'idle', 'plan', 'letters'],
    rule: (before, after) => {
      if (after.committed !== before.committed + 1)
        return `a commit moved from batch ${before.committed} to ${after.committed}`
      if (before.outDone !== before.committed)
        return `batch ${after.committed} was committed before the outputs of ${before.committed} were done`
      if (after.tick <= before.tick) return `tick ${after.tick} follows tick ${before.tick}`
      if (before.halt) return 'committed while halted'
      if (before.plan && before.plan.tick !== after.tick)
        return `tick ${after.tick} was committed while the plan for tick ${before.plan.tick} was open`
      if (after.plan) return 'a plan stayed open over its commit'
      if (hasNewLetters(before, after)) return 'a commit brought dead letters of outputs'
      return unless(before.holder !== null, 'committed while nobody held the app')
    },
  },
  mark: {
    moves: ['outDone', 'owed', 'letters', 'gcFloor', 'leaseUntil'],
    rule: (before, after) => {
      if (before.holder === null) return 'marked while nobody held the app'
      if (after.outDone !== before.outDone && after.outDone !== before.committed)
        return `outputs were marked up to batch ${after.outDone} of ${before.committed}`
      if (hasNewLetters(after, before)) return 'a mark forgot dead letters of outputs'
      return newDebts(before, after)
    },
  },
  halt: { moves: ['halt'], rule: (_before, after) => unless(after.halt !== null, 'halted without a reason') },
  resume: {
    moves: ['epoch', 'holder', 'leaseUntil', 'idle', 'halt', 'graph', 'conf', 'intervalMs', 'zeroTime', 'plan'],
    rule: takenBy('a resumption'),
  },
  release: {
    moves: ['holder', 'leaseUntil'],
    rule: (_before, after) => unless(after.holder === null, 'a release must leave nobody in possession'),
  },
}

/** Somebody else holds the app from here on. */
function takenBy(what: string): Step['rule'] {
  return (before, after) => {
    if (after.epoch !== before.epoch + 1) return `${what} must raise the epoch by one`
    return droppedPlan(before, after)
  }
}

/** A plan stays over a takeover, unless another program drops one of which nothing was shown. */
function droppedPlan(before: Head, after: Head): string | null {
  if (JSON.stringify(before.plan) === JSON.stringify(after.plan)) return null
  if (before.plan?.hidden && !after.plan && after.graph !== before.graph) return null
  return 'plan changed'
}

/** Whether the second head has dead letters of outputs that the first has not. */
const hasNewLetters = ({ letters: known = [] }: Head, { letters = [] }: Head): boolean =>
  letters.some(({ ref }) => !known.some((each) => each.ref.key === ref.key))

/**
 * A mark drops what was delivered, and adds what failed of the batch that it marks: once each, with the manifest of
 * that batch.
 */
function newDebts(before: Head, after: Head): string | null {
  const known = new Map(before.owed.map((owed) => [nameOf(owed), owed.manifest.key]))
  const names = new Set<string>()
  for (const owed of after.owed) {
    const name = nameOf(owed)
    if (names.has(name)) return `output ${name} is owed twice`
    names.add(name)
    const isNew =
      owed.batch === before.committed && after.outDone > before.outDone && owed.manifest.key === before.manifest?.key
    if (known.get(name) !== owed.manifest.key && !isNew)
      return `output ${name} is owed, but that batch is not the one that was marked`
  }
  return null
}

const nameOf = ({ batch, output }: OwedOutput): string => `"${output}" of batch ${batch}`
