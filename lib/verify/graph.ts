import type { GraphFacts, OperatorFacts } from '../model/graph-facts.ts'
import type { Json } from '../model/json.ts'
import type { Manifest } from '../model/manifest.ts'
import { nameOfRef } from '../model/refs.ts'

/**
 * What a manifest keeps must have an operator in the graph that made it: facts that lost one would make the next start
 * begin anew where something is kept.
 */
export function faultOfFacts({ batch, state, positions, outputs }: Manifest, { operators }: GraphFacts): string | null {
  const without = (names: readonly string[], has: (operator: OperatorFacts) => boolean): string | undefined =>
    names.find((name) => !operators.some((operator) => operator.uid === name && has(operator)))
  const lost =
    without(Object.keys(state), ({ state: keyed, window }) => keyed !== undefined || window !== undefined) ??
    without(Object.keys(positions), ({ source }) => source !== undefined) ??
    without(Object.keys(outputs), ({ output }) => output !== undefined)
  return lost === undefined
    ? null
    : `batch ${batch} keeps or shows something of "${lost}", which its graph does not have`
}

/** Panes and kept records leave when no window asks for them any more, and not before. */
export function faultOfDropped(
  base: Manifest,
  next: Manifest,
  { operators }: GraphFacts,
  zeroTime: number,
): string | null {
  for (const { uid, window } of operators) {
    if (!window) continue
    const { lengthMs, inverse, keeps } = window
    const now = next.state[uid]
    const until = (inverse ? (now?.slideTime ?? zeroTime) : next.time) - lengthMs
    const kept = new Set((now?.panes ?? []).flatMap((list) => list.panes.map(({ ref }) => nameOfRef(ref))))
    const pane = (base.state[uid]?.panes ?? [])
      .flatMap((list) => list.panes)
      .find(({ time, ref }) => time > until && !kept.has(nameOfRef(ref)))
    if (pane) return `state of ${uid}: batch ${next.batch} dropped the pane ${pane.ref.key}, which its window needs`
    if (keeps === undefined) continue
    const times = new Set((next.retained[keeps] ?? []).map(({ time }) => time))
    const gone = (base.retained[keeps] ?? []).find(({ time }) => time > next.time - lengthMs && !times.has(time))
    if (gone) return `batch ${next.batch} dropped the records of "${keeps}" at ${gone.time}, which a window needs`
  }
  return null
}

/** Positions that are numbers, or numbers by name, never fall. */
export function faultOfPositions(base: Manifest, { batch, positions }: Manifest): string | null {
  for (const [source, position] of Object.entries(positions))
    if (wentBack(base.positions[source], position))
      return `the position of "${source}" goes back with batch ${batch}, from ${JSON.stringify(base.positions[source])}`
  return null
}

function wentBack(before: Json | undefined, after: Json): boolean {
  if (typeof before === 'number' && typeof after === 'number') return after < before
  if (typeof before !== 'object' || typeof after !== 'object' || !before || !after) return false
  const [old, now] = [Object.entries(before), Object.entries(after)]
  const isComparable =
    old.length === now.length &&
    [...old, ...now].every(([, each]) => typeof each === 'number') &&
    old.every(([name], i) => now[i]![0] === name)
  return isComparable && old.some(([, each], i) => (now[i]![1] as number) < (each as number))
}
