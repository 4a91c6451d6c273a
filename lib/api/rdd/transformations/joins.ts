import type { Partitioner } from '../../../shuffle/partitioner.ts'
import { cogroupedNode } from '../../../lineage/cogrouped.ts'
import { everyPair } from '../../../lineage/combine.ts'
import { narrowNode } from '../../../lineage/narrow.ts'
import type { RddNode } from '../../../lineage/node.ts'

type Pairs = RddNode<readonly [any, any]>

/** Which sides appear even where the other has no such key; the missing value is `undefined`. */
type JoinKind = 'inner' | 'left' | 'right' | 'full'

/** Every pairing of the values of a key. */
export function join(kind: JoinKind, left: Pairs, right: Pairs, partitioner: Partitioner): RddNode<[any, [any, any]]> {
  const keepsLeft = kind === 'left' || kind === 'full'
  const keepsRight = kind === 'right' || kind === 'full'
  const pairings = ([lefts, rights]: [unknown[], unknown[]]): [unknown, unknown][] => {
    if (rights.length === 0) return keepsLeft ? lefts.map((value) => [value, undefined]) : []
    if (lefts.length === 0) return keepsRight ? rights.map((value) => [undefined, value]) : []
    return everyPair(lefts, rights)
  }
  return narrowNode(cogroupedNode([left, right], partitioner), { kind: 'flatMapValues', f: pairings })
}

export const cogroup = (sides: readonly Pairs[], partitioner: Partitioner): RddNode<[any, any]> =>
  cogroupedNode(sides, partitioner)
