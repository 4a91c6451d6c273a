import type { OperatorUid } from './ids.ts'
import type { GraphFacts } from './graph-facts.ts'

/**
 * What a coordinator knows of a program: plain data, so that it need not load the program. The program itself is where
 * batches are planned, run and shown.
 */
export interface ProgramFacts {
  /** Fingerprint of the graph. Who plans, runs or shows a batch must have the same. */
  readonly fingerprint: string
  readonly graph: GraphFacts
  readonly intervalMs: number
  readonly conf: { readonly [key: string]: string }
  /** In order of definition. */
  readonly inputs: readonly InputFacts[]
  /** In order of definition: the order in which they are shown. */
  readonly outputs: readonly OutputFacts[]
  /** How long the records of past batches are kept, in ms, by the name under which they are kept. */
  readonly keepMs: { readonly [stream: string]: number }
  /** Where in the program an operator is defined, by uid. */
  readonly places: { readonly [operator: string]: string }
}

interface InputFacts {
  readonly uid: OperatorUid
  /** It receives on its own, at a rate that it is told. */
  readonly receives: boolean
  /** Where its splits end is found by reading them. */
  readonly discovers: boolean
  /** Whether any output reads of it; others are left alone. */
  readonly leadsOn: boolean
}

export interface OutputFacts {
  readonly uid: OperatorUid
  /** What the program called. */
  readonly operator: string
  readonly place: string
  readonly guarantee: 'exactly-once' | 'at-least-once'
  /** Whether it is shown before the commit of its batch, or after. */
  readonly order: 'before' | 'after'
  /** Whether it writes to a place that may be away for a while. */
  readonly isSink: boolean
}
