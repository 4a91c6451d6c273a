import type { ErrorCode } from '../model/error-codes.ts'
import type { OperatorFacts } from '../model/graph-facts.ts'
import type { OperatorUid } from '../model/ids.ts'

/**
 * What one change of a program comes to. `allowed`: it goes on. `migrate`: it goes on, and rewrites what is stored.
 * `drop`: what is stored does not fit and is given up, because that was asked for. `refuse`: it does not go on.
 */
export type Verdict = 'allowed' | 'migrate' | 'drop' | 'refuse'

/** One difference between two graphs, and what follows from it. */
export interface Judged {
  /** Of the operator that it is about; `null`: it is about the whole app. */
  readonly uid: OperatorUid | null
  readonly difference: Difference
  readonly verdict: Verdict
}

/** How the graph that made the last manifest and the one that wants to go on differ. Times in ms. */
export type Difference =
  | Between<'interval', number>
  | Between<'key-groups', number>
  | Between<'steps', readonly string[]>
  | { readonly kind: 'added'; readonly operator: string }
  | { readonly kind: 'removed'; readonly operator: string }
  | Between<'uid', OperatorUid>
  /** Of several operators in one place that the program gives no name, one came or went. */
  | (Between<'unnamed', number> & { readonly keeps: 'state' | 'undelivered' })
  | { readonly kind: 'state-gone'; readonly operator: string; readonly keys: number | null }
  | { readonly kind: 'source-gone'; readonly source: string }
  | { readonly kind: 'output-gone' }
  | (Between<'operator', StateForm> & { readonly successor: OperatorUid })
  | Between<'window-length', number>
  | Between<'window-slide', number>
  | Between<'window-input', number>
  | Between<'window-interval', number>
  | Between<'partitioner', string>
  | Between<'partitions', number>
  | Between<'own-partitions', number>
  | (Between<'state-version', number> & { readonly successor: OperatorUid })
  | Between<'source', OperatorFacts>

interface Between<Kind extends string, T> {
  readonly kind: Kind
  readonly old: T
  readonly new: T
}

/** The two forms of a window keep different things. */
export type StateForm = Pick<OperatorFacts, 'kind'> & { readonly inverse: boolean }

/** Of the error, where the difference is refused. */
export function codeOf(difference: Difference): ErrorCode {
  switch (difference.kind) {
    case 'unnamed':
      return difference.keeps === 'state' ? 'E_STATE_AMBIGUOUS' : 'E_OUTPUT_UNDELIVERED'
    case 'state-gone':
      return 'E_STATE_ORPHANED'
    case 'source-gone':
    case 'source':
      return 'E_SOURCE_CHANGED'
    case 'output-gone':
      return 'E_OUTPUT_UNDELIVERED'
    case 'state-version':
      return 'E_STATE_VERSION'
    case 'window-interval':
      return 'E_INTERVAL_CHANGED'
    default:
      return 'E_STATE_CHANGED'
  }
}
