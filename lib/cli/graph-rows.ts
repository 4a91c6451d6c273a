import type { StreamGraph } from '../graph/graph.ts'
import { checkpointMsOf } from '../graph/remember.ts'
import {
  anchorsUid,
  keyedStateOf,
  type OutputNode,
  type SourceNode,
  type StateNode,
  type StreamNode,
  windowOf,
} from '../graph/stream-node.ts'
import { retainedStreams } from '../plan/batch-view.ts'
import { span } from './units.ts'

/** One operator of a graph in words. */
export interface GraphRow {
  /** In order of creation, from 1. */
  readonly id: number
  readonly kind: string
  /** The operators it follows. */
  readonly of: readonly number[]
  /** What its state or position stands under; record-wise operators have none of their own. */
  readonly uid: string | null
  /** Of operators that decide where keys go. */
  readonly partitions: number | null
  /** Of a source: what it reads. */
  readonly reads: string | null
  /** What of it is kept between batches. */
  readonly keeps: readonly string[]
  /** Of an output: what it promises. */
  readonly shows: string | null
  readonly slideMs: number
  readonly leadsNowhere: boolean
  /** `file:line:column`. */
  readonly place: string
}

export function graphRows(graph: StreamGraph): GraphRow[] {
  const reachable = graph.reachable()
  const retained = retainedStreams(graph)
  return graph.nodes.map((node) => ({
    id: node.id + 1,
    kind: node.operator,
    of: node.parents.map((parent) => parent.id + 1),
    uid: anchorsUid(node) ? node.uid : null,
    partitions: keyedStateOf(node)?.partitioner.numPartitions ?? null,
    reads: node.kind === 'source' ? readsOf(node) : null,
    keeps: [...keepsOf(node), ...(retained.has(node) ? ['the records of past batches, for a window'] : [])],
    shows: node.kind === 'output' ? showsOf(node) : null,
    slideMs: node.slideMs,
    leadsNowhere: !reachable.has(node),
    place: node.place,
  }))
}

function readsOf({ source: { name, identity, address } }: SourceNode): string {
  const where = address ?? identity
  return where === undefined ? name : `${name}, ${where}`
}

function keepsOf(node: StreamNode): string[] {
  const window = windowOf(node)
  const keyed = keyedStateOf(node)
  const checkpointMs = checkpointMsOf(node)
  const stateful = keyed !== null && checkpointMs !== null
  return [
    ...(node.kind === 'source'
      ? [node.source.receiver ? 'what it has received and no batch has read' : 'its position']
      : []),
    ...(window ? [windowText(window, node.slideMs)] : keyed ? [`a value per key${versionText(keyed.schema)}`] : []),
    ...(stateful ? [`a checkpoint every ${span(checkpointMs)}`] : []),
  ]
}

type Window = NonNullable<ReturnType<typeof windowOf>>
const windowText = ({ lengthMs, paneMs }: Window, slideMs: number): string =>
  `a window of ${span(lengthMs)} every ${span(slideMs)}, in panes of ${span(paneMs)}`

const versionText = ({ version }: StateNode['schema']): string => (version > 1 ? `, version ${version}` : '')

const showsOf = ({ output }: OutputNode): string =>
  [
    output.guarantee,
    ...(output.order === 'before' ? ['before the commit'] : []),
    ...(output.address === undefined ? [] : [output.address]),
  ].join(', ')
