import type { Log } from '../../host/log.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import type { SourceNode } from '../../graph/stream-node.ts'
import type { Cut } from '../../model/manifest.ts'
import type { SourceProgress } from '../../model/source-progress.ts'
import { SourcePort } from '../../source/source-port.ts'

/** How far sources have come with these cuts, by name; those that do not say are left out. */
export function progressOf(
  graph: StreamGraph,
  cuts: Readonly<Record<string, Cut | null>>,
  log: Log,
  wanted: (input: SourceNode) => boolean = () => true,
): Record<string, SourceProgress> {
  const known = graph.inputs.filter(wanted).flatMap((input) => {
    const cut = cuts[input.uid]
    if (!cut) return []
    const progress = progressWith(input, cut, log)
    if (!progress) return []
    return [[input.uid, progress] as const]
  })
  return Object.fromEntries(known)
}

/** A source that cannot say how far it has come fails nothing: its batch is none the worse. */
function progressWith({ uid, source }: SourceNode, cut: Cut, log: Log): SourceProgress | null {
  try {
    return new SourcePort(uid, source).progress(cut)
  } catch (error) {
    log.event({ type: 'error', error })
    return null
  }
}
