import { deepestFirst, foldUp, reachedFrom } from '../model/walk.ts'
import { isConcatenation } from './concatenation.ts'
import { parentsOf, type RddNode } from './node.ts'

/**
 * So many nodes are run within each other, and no more: each takes a few frames of the stack on the way down, and a few
 * when its records come up. Record-wise operators count less, as a loop runs `LOOP_MAX` of them, and unions of unions
 * nothing.
 *
 *     source ─ … 100 … ─ landing ─ … 100 … ─ landing ─ … ─ top
 *                        gathered, then handed on
 */
const LEVELS_MAX = 100

/** Operators of one generated loop: text nested deeper is not read by every engine. */
export const LOOP_MAX = 64

/** How many nodes are within each other below a node, down to the nearest landings. */
const levels = new WeakMap<RddNode<any>, number>()

/** Marks the landings of what these are made of. They depend on nothing but what is below, so every process agrees. */
export function land(tops: readonly RddNode<any>[], reached = reachedFrom(tops, parentsOf)): void {
  // So few cannot be too many within each other: of most batches nothing more is asked.
  if (reached.size <= LEVELS_MAX) return
  for (const top of tops) foldUp(top, parentsOf, levelOf, levels)
}

function levelOf(node: RddNode<any>, of: (parent: RddNode<any>) => number): number {
  const level = parentsOf(node).reduce((most, parent) => Math.max(most, of(parent) + step(parent, node)), 0)
  if (level < LEVELS_MAX) return level
  node.lands = true
  return 0
}

/** What a node adds to the levels of a parent. */
function step(parent: RddNode<any>, node: RddNode<any>): number {
  if (parent.kind !== node.kind) return 1
  if (node.kind === 'narrow') return 1 / LOOP_MAX
  return isConcatenation(parent) && isConcatenation(node) ? 0 : 1
}

/** The landings at and below a node, the lowest first, as far as `below` leads. */
export function landingsOf(top: RddNode<any>, below: (node: RddNode<any>) => RddNode<any>[]): RddNode<any>[] {
  land([top])
  return [...deepestFirst([top], below)].filter(({ lands }) => lands)
}
