import type { OutputOperation } from '../../graph/output-operation.ts'
import type { StreamNode } from '../../graph/stream-node.ts'
import type { OutputSink } from '../../output/sink.ts'
import type { Source } from '../../source/source.ts'

/** What an entry point may put in the place of what the program says. */
interface StandIns {
  /** The source that is read in the place of another; `demo` is what the program offers for that. */
  readonly source: <T>(name: string | null, source: Source<T>, demo: Source<T> | null) => Source<T>
  /** What is done with the records of `node` in the place of giving them to `sink`; nothing: it gets them. */
  readonly output: (node: StreamNode, sink: OutputSink<any>) => OutputOperation | undefined
}

let standIns: StandIns | null = null

/** Called once by an entry point that may read something else than what the program says, or write somewhere else. */
export function installStandIns(installed: StandIns): void {
  standIns = installed
}

/** What is read: the source itself, unless the entry point knows better. */
export const standingIn: StandIns['source'] = (name, source, demo) => standIns?.source(name, source, demo) ?? source

/** What is done in the place of a sink, if anything. */
export const outputInstead: StandIns['output'] = (node, sink) => standIns?.output(node, sink)
