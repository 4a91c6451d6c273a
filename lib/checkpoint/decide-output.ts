import type { Ahead, Head } from '../model/head.ts'
import type { BlobRef } from '../model/refs.ts'

/** One output of one batch, as a process is asked to show it. */
export interface OutputRequest {
  readonly app: string
  readonly inc: string
  readonly batch: number
  readonly output: string
  /** Where the output comes before the commit. */
  readonly ahead?: Ahead
}

/** What a process that was asked to show an output does about it, having read the head. */
type OutputDecision =
  | { readonly kind: 'show'; readonly manifest: BlobRef }
  /** Marked since: somebody has shown it, and the request comes late. */
  | { readonly kind: 'marked' }
  /** Of another incarnation, or of a batch that was never committed. */
  | { readonly kind: 'unknown' }

export function decideOutput(head: Head | null, { app, inc, batch, output, ahead }: OutputRequest): OutputDecision {
  if (!head || head.app !== app || head.inc !== inc) return { kind: 'unknown' }
  if (ahead && batch === head.committed + 1 && head.plan?.nonce === ahead.plan)
    return { kind: 'show', manifest: ahead.manifest }
  if (batch > head.committed) return { kind: 'unknown' }
  if (ahead) return { kind: 'marked' }
  const owed = head.owed.find((each) => each.batch === batch && each.output === output)
  if (owed) return { kind: 'show', manifest: owed.manifest }
  return batch > head.outDone ? { kind: 'show', manifest: head.manifest! } : { kind: 'marked' }
}
