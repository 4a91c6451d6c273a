import type { AppName, BatchNumber, Incarnation, OperatorUid } from '../model/ids.ts'
import type { BeforeCommit, Head } from '../model/head.ts'
import type { BlobRef } from '../model/refs.ts'

/** One output of one batch, as a process is asked to show it. */
export interface OutputRequest {
  readonly app: AppName
  readonly inc: Incarnation
  readonly batch: BatchNumber
  readonly output: OperatorUid
  /** Where the output comes before the commit. */
  readonly beforeCommit?: BeforeCommit
}

/** What a process that was asked to show an output does about it, having read the head. */
type OutputDecision =
  | { readonly kind: 'show'; readonly manifest: BlobRef; readonly when: 'committed' | 'beforeCommit' }
  /** Marked since: somebody has shown it, and the request comes late. */
  | { readonly kind: 'marked' }
  /** Of another incarnation, or of a batch that was never committed. */
  | { readonly kind: 'unknown' }

export function decideOutput(
  head: Head | null,
  { app, inc, batch, output, beforeCommit }: OutputRequest,
): OutputDecision {
  if (!head || head.app !== app || head.inc !== inc) return { kind: 'unknown' }
  if (beforeCommit && batch === head.committed + 1 && head.plan?.nonce === beforeCommit.plan)
    return { kind: 'show', manifest: beforeCommit.manifest, when: 'beforeCommit' }
  if (batch > head.committed) return { kind: 'unknown' }
  if (beforeCommit) return { kind: 'marked' }
  const owed = head.owed.find((each) => each.batch === batch && each.output === output)
  if (owed) return { kind: 'show', manifest: owed.manifest, when: 'committed' }
  if (batch <= head.outDone) return { kind: 'marked' }
  return { kind: 'show', manifest: head.manifest!, when: 'committed' }
}
