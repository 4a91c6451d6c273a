import type { DurationLike } from '../../../model/time.ts'
import { callable, type RulesOf, text } from '../../../model/options.ts'
import { settledReduction } from '../../../model/settled.ts'
import type { Partitioner } from '../../../shuffle/partitioner.ts'
import { FIRST_SCHEMA } from '../../../state/schema.ts'
import type { WindowSpec } from '../../../state/window-spec.ts'
import type { DStream, Parts, ShuffleOptions } from '../dstream.ts'
import { collectColumns } from '../../../lineage/column-sink.ts'
import { emitPairs } from '../../../lineage/kept-records.ts'
import { chain, narrow, type RddNode } from '../../../lineage/node.ts'
import { checkpointMsOf, defaultCheckpointMs } from '../../../graph/remember.ts'
import type { BatchView, ReducedWindowNode, StreamNode } from '../../../graph/stream-node.ts'
import { optionsIn, SHUFFLE_OPTIONS } from '../shuffle-options.ts'
import { reduceByKey } from './reduce-by-key.ts'
import { type FormerName, formerName } from './state-versions.ts'
import { statefulPartitioner } from './stateful-partitioner.ts'
import { windowArgs } from './window-args.ts'

/** What `reduceByKeyAndWindow` takes last. */
export interface WindowReduceOptions<K, V> extends ShuffleOptions, FormerName {
  /**
   * Applied to the result; what it refuses is forgotten. Without it, keys of the inverse form stay for ever at the
   * neutral value.
   */
  readonly filter?: (pair: [K, V]) => boolean
}

const WINDOW_OPTIONS: RulesOf<WindowReduceOptions<any, any>> = { ...SHUFFLE_OPTIONS, filter: callable, was: text }

/**
 * One value per key over the last `length`, every `slide`. Each batch is reduced once and kept as a pane. With an
 * inverse, a slide takes out what left and adds what came (Spark: `ReducedWindowedDStream`); without, panes are
 * combined so that a slide does not cost more for a longer window.
 */
export function reduceByKeyAndWindow<K, V>(
  stream: DStream<readonly [K, V]>,
  f: (a: V, b: V) => V,
  inverse: ((a: V, b: V) => V) | null,
  length: DurationLike,
  slide: DurationLike | undefined,
  parts?: Parts | WindowReduceOptions<K, V>,
): DStream<[K, V]> {
  const { lengthMs, slideMs } = windowArgs(stream.node.slideMs, length, slide)
  const partitioner = statefulPartitioner(stream.context, parts, WINDOW_OPTIONS)
  const reduced = reduceByKey(stream, f, partitioner)
  const parent = reduced.node
  const filter = optionsIn<WindowReduceOptions<K, V>>(parts)?.filter ?? null
  const functions = {
    f: settledReduction(f, 'reduceByKeyAndWindow'),
    inverse: inverse && settledReduction(inverse, 'the inverse of reduceByKeyAndWindow'),
    filter,
    lengthMs,
    slideMs,
    paneMs: parent.slideMs,
  } as WindowFunctions
  const window: ReducedWindowNode<[K, V]> = stream.context.graph.add<[K, V], 'reduced-window'>({
    kind: 'reduced-window',
    operator: 'reduceByKeyAndWindow',
    parents: [parent],
    slideMs,
    defaultCheckpointMs: inverse ? defaultCheckpointMs : null,
    schema: FIRST_SCHEMA,
    partitioner,
    window: { lengthMs, paneMs: parent.slideMs, inverse: inverse !== null },
    ...stream.context.named(parts),
    ...formerName(parts),
    compute: (time, view) => view.absorbed(window, time) as RddNode<[K, V]> | null,
    absorb: (time, view) =>
      absorbNode(window, view.rdd(parent, time), partitioner, specOf(window, time, view, functions), time, view),
  })
  return stream.streamOf(window)
}

type WindowFunctions = Omit<WindowSpec, 'zeroTime' | 'fires' | 'snapshots'>

function specOf(node: StreamNode, time: number, view: BatchView, functions: WindowFunctions): WindowSpec {
  const checkpointMs = checkpointMsOf(node) ?? defaultCheckpointMs(functions.slideMs)
  const since = time - view.zeroTime
  const fires = since % functions.slideMs === 0
  return { ...functions, zeroTime: view.zeroTime, fires, snapshots: fires && since % checkpointMs === 0 }
}

/**
 * Takes the reduced batch in as a pane; at a firing time it emits the window. `rdd` is null where the stream had no
 * batch.
 */
function absorbNode(
  node: StreamNode,
  rdd: RddNode<any> | null,
  partitioner: Partitioner,
  spec: WindowSpec,
  time: number,
  view: BatchView,
): RddNode<[unknown, unknown]> {
  const partitions = partitioner.numPartitions
  return {
    kind: 'windowReduce',
    partitions,
    partitioner,
    dependencies: rdd ? [narrow(rdd)] : [],
    pinned: true,
    effect: node.uid,
    compute(split, task, sink) {
      const request = { operator: node.uid, split, partitions, committed: view.committed(node) }
      return chain(task.windowState(request, spec), (state) =>
        chain(rdd && collectColumns(rdd, split, task), (pairs) => {
          const pane = state.absorb(time, pairs)
          if (spec.fires) emitPairs(sink, state.slide(time))
          return task.windowChanged(request, spec, state, pane, time)
        }),
      )
    },
  }
}
