import { type Backoff, backoffMs } from '../../host/backoff.ts'
import type { Fault } from '../../model/error-codes.ts'
import { hasCode, isOurs, type SluiceError } from '../../model/errors.ts'

/** How long and how often a batch waits for places outside. */
export interface Patience extends Backoff {
  readonly attemptsMax: number
}

/** A batch that has failed. */
interface FailedBatch {
  readonly app: string
  /** How often in a row, with this time. */
  readonly failures: number
  /** Whether a batch of this run has committed. */
  readonly hasRun: boolean
}

/** A run that has never had a batch may have a wrong address: it does not hide that for long. */
const FIRST_ATTEMPTS = 3

/** How long to wait for a place outside before the batch is tried again; `null`: it fails with its error. */
export function waitMsFor(error: unknown, { app, failures, hasRun }: FailedBatch, patience: Patience): number | null {
  if (!isOutage(error)) return null
  const attemptsMax = hasRun ? patience.attemptsMax : Math.min(patience.attemptsMax, FIRST_ATTEMPTS)
  // What is owed is tried again by each try, and stays.
  if (failures >= attemptsMax && !hasCode(error, 'E_OUTPUT_BACKLOG')) return null
  return backoffMs(app, failures, patience)
}

/** A source, a sink or a store that may answer later: no fault of a record, nor of the program. */
const isOutage = (error: unknown): error is SluiceError => isOurs(error) && error.retry && OUTSIDE.has(error.fault)

const OUTSIDE: ReadonlySet<Fault> = new Set(['source', 'sink', 'store'])
