/** What lies directly below. */
type Below<N> = (node: N) => readonly N[]

/**
 * All that can be reached, each once and before what is below it, in the order in which a function that calls itself
 * would come by. Such a function needs a frame of the stack per step: chains of thousands would not fit.
 */
export function reachedFrom<N>(tops: readonly N[], below: Below<N>): Set<N> {
  const reached = new Set<N>()
  const open = tops.toReversed()
  while (open.length > 0) {
    const node = open.pop()!
    if (reached.has(node)) continue
    reached.add(node)
    pushReversed(open, below(node))
  }
  return reached
}

/** The same with each after all that is below it. Neither may have loops. */
export function deepestFirst<N>(tops: readonly N[], below: Below<N>): Set<N> {
  const done = new Set<N>()
  const entered = new Set<N>()
  const open = tops.toReversed()
  while (open.length > 0) {
    const node = open.at(-1)!
    if (entered.has(node)) {
      done.add(node)
      open.pop()
    } else {
      entered.add(node)
      pushReversed(open, below(node))
    }
  }
  return done
}

/** Where it is noted what was said of a node; weak, where it is to be asked again. */
interface Known<N, V> {
  has(node: N): boolean
  get(node: N): V | undefined
  set(node: N, value: V): unknown
}

/** What `value` says of `top`; it may ask for what it has said of those below. What is known is not asked again. */
export function foldUp<N, V>(
  top: N,
  below: Below<N>,
  value: (node: N, of: (below: N) => V) => V,
  known: Known<N, V> = new Map<N, V>(),
): V {
  const of = (node: N): V => known.get(node)!
  const unknown = (node: N): readonly N[] => below(node).filter((each) => !known.has(each))
  if (!known.has(top)) for (const node of deepestFirst([top], unknown)) known.set(node, value(node, of))
  return of(top)
}

function pushReversed<N>(open: N[], nodes: readonly N[]): void {
  for (let i = nodes.length - 1; i >= 0; i--) open.push(nodes[i]!)
}
