import type { AppName } from '../../model/ids.ts'
import type { Host } from '../../host/host.ts'
import type { Head } from '../../model/head.ts'
import type { ProgramFacts } from '../../model/program-facts.ts'
import type { BatchEvents } from '../../observe/batch-events.ts'
import type { OutputPublisher } from '../../output/output-publisher.ts'
import type { Life } from '../batch/handover.ts'
import type { SourceRates } from '../batch/held-app.ts'
import type { FanOut, Planner } from '../planner.ts'

export interface CoordinatorOptions {
  readonly app: AppName
  readonly host: Host<Head>
  readonly program: ProgramFacts
  /** Where the program is asked what its batches are. */
  readonly planner: Planner
  readonly holder: string
  readonly isGone: (holder: string) => boolean
  /** Begin anew even where a head exists: a new incarnation, as Spark does without `getOrCreate`. */
  readonly fresh: boolean
  /** Clear a halt and go on. */
  readonly resume: boolean
  /** Operators and sources whose state or position may be given up where the program has no place for it. */
  readonly dropState: readonly string[]
  readonly events: BatchEvents
  /** Where outputs are shown. */
  readonly publisher: (head: Head) => OutputPublisher
  readonly rates: SourceRates
  /** How often a failing task is tried where the program does not say. */
  readonly attempts: number
  /**
   * Whether this coordinator lives to see a place come back that does not take an output now: outputs are held, as
   * `sluice.output.hold` says, and tried again with growing waits.
   */
  readonly isPatient: boolean
  /** When this coordinator ends; a batch that takes longer is handed over. `null`: nobody knows of an end. */
  readonly life: Life | null
  /** It runs what is due and lets go: two writes of the head are to do for a batch. */
  readonly isBrief: boolean
  /** Does not take an app that is paused: `E_PAUSED`. Who stays takes it, and waits. */
  readonly leavesPaused: boolean
  /** Whether it deletes what nothing leads to any more; if not, `collectGarbage` does, beside it. */
  readonly sweeps: boolean
  /** A manifest of so many bytes travels in the head: one write for the whole commit. */
  readonly manifestInlineMax: number
  /** How batches are spread whose tasks are calls that cost; `null`: over all slots. */
  readonly fanOut: FanOut | null
  readonly signal: AbortSignal
  /** Nothing outlives this process: records that are set aside are shown. */
  readonly forgets?: boolean
}
