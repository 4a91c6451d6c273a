import type { DurationLike } from '../../../model/time.ts'
import { checkOptions, type RulesOf, text } from '../../../model/options.ts'
import type { DStream } from '../dstream.ts'
import { unionNode } from '../../../lineage/combine.ts'
import type { RddNode } from '../../../lineage/node.ts'
import { type FormerName, formerName } from './state-versions.ts'
import { windowArgs } from './window-args.ts'

/** What `window` takes last. */
export interface WindowOptions extends FormerName {
  /** Identity of the window in what is stored; derived from its place in the graph when left out. */
  readonly name?: string
}

const OPTIONS: RulesOf<WindowOptions> = { name: text, was: text }

/**
 * The records of the last `length`, every `slide`: the union of the parent's RDDs at the times inside (Spark:
 * `WindowedDStream`). Early windows are partial; a slide longer than the window drops what lies between. By arrival,
 * never by event time.
 */
export function window<T>(
  stream: DStream<T>,
  length: DurationLike,
  slide?: DurationLike,
  options: WindowOptions = {},
): DStream<T> {
  checkOptions('window', options, OPTIONS)
  const parent = stream.node
  const { lengthMs, slideMs } = windowArgs(parent.slideMs, length, slide)
  return stream.derive<T>({
    kind: 'window',
    operator: 'window',
    slideMs,
    ...stream.context.named(options),
    ...formerName(options),
    window: { lengthMs, paneMs: parent.slideMs, inverse: false },
    compute: (time, view) => {
      const parts: RddNode<T>[] = []
      for (let at = time - lengthMs + parent.slideMs; at <= time; at += parent.slideMs) {
        const rdd = view.rdd(parent, at)
        if (rdd) parts.push(rdd)
      }
      return unionNode(parts)
    },
  })
}
