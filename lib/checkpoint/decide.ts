import type { Head } from '../model/head.ts'

/** What a coordinator that has read the head does next. */
export type Decision =
  | { readonly kind: 'create' }
  | { readonly kind: 'foreign'; readonly app: string }
  | { readonly kind: 'halted'; readonly reason: string }
  | { readonly kind: 'busy'; readonly holder: string; readonly until: number }
  | { readonly kind: 'graph-changed'; readonly stored: string }
  | { readonly kind: 'acquire' }

export interface Applicant {
  readonly app: string
  readonly holder: string
  readonly graph: string
  readonly now: number
  /** Whether a holder is known to be dead (its process is gone); otherwise its lease counts. */
  readonly isGone: (holder: string) => boolean
  /** Whether a graph with another fingerprint may take over. */
  readonly acceptsGraph: boolean
}

export function decideStart(head: Head | null, applicant: Applicant): Decision {
  if (!head) return { kind: 'create' }
  if (head.app !== applicant.app) return { kind: 'foreign', app: head.app }
  if (head.halt) return { kind: 'halted', reason: head.halt.reason }
  if (isHeld(head, applicant)) return { kind: 'busy', holder: head.holder!, until: head.leaseUntil }
  if (head.graph !== applicant.graph && head.committed > 0 && !applicant.acceptsGraph) return { kind: 'graph-changed', stored: head.graph }
  return { kind: 'acquire' }
}

const isHeld = (head: Head, { holder, now, isGone }: Applicant): boolean =>
  head.holder !== null && head.holder !== holder && head.leaseUntil > now && !isGone(head.holder)

/** What a coordinator that holds the head owes the world before it may plan. */
export type Duty = { readonly kind: 'deliver'; readonly batch: number } | { readonly kind: 'plan'; readonly batch: number }

export const decideDuty = (head: Head): Duty =>
  head.outDone < head.committed ? { kind: 'deliver', batch: head.committed } : { kind: 'plan', batch: head.committed + 1 }

/** What an unanswered or refused write turned out to be, seen from a fresh read of the head (rule R1). */
export type Aftermath = 'mine' | 'not-yet' | 'fenced'

export function decideAftermath(attempted: Head, found: Head | null): Aftermath {
  if (!found || found.epoch !== attempted.epoch || found.holder !== attempted.holder) return 'fenced'
  const sameStep = found.committed === attempted.committed && found.outDone === attempted.outDone && found.manifest?.key === attempted.manifest?.key
  return sameStep ? 'mine' : 'not-yet'
}
