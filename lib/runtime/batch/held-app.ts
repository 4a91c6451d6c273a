import type { DeadLetters } from '../../model/dead-letter.ts'
import type { StoredCommand } from '../../checkpoint/dead-letters.ts'
import type { Sweeper } from '../../checkpoint/sweep.ts'
import type { HeadWriter } from '../../checkpoint/head-writer.ts'
import type { Host } from '../../host/host.ts'
import type { Head } from '../../model/head.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { ProgramFacts } from '../../model/program-facts.ts'
import type { OutputPublisher } from '../../output/output-publisher.ts'
import type { Admission } from '../admission.ts'
import type { BatchEvents } from '../../observe/batch-events.ts'
import type { BatchInfo } from '../../observe/streaming-listener.ts'
import type { FanOut, Planner } from '../planner.ts'
import type { Life } from './handover.ts'
import type { EngineSettings, Speculation } from '../settings.ts'
import type { Outages } from './outages.ts'

/** How fast sources may go. */
export interface SourceRates {
  /** Most records that each source may contribute to the next batch. */
  limits(): { readonly [source: string]: number | null }
  /** What is known of it, once a batch is done; `null`: nothing is learned. */
  learnedAfter(info: BatchInfo): NonNullable<Manifest['rates']> | null
}

/** What one coordinator has in hand while it holds the head. */
export interface HeldApp {
  readonly host: Host<Head>
  readonly program: ProgramFacts
  readonly planner: Planner
  readonly writer: HeadWriter
  readonly sweeper: Sweeper
  readonly publisher: OutputPublisher
  readonly outages: Outages
  readonly events: BatchEvents
  /** Aborts when there is no time left, or when another coordinator has taken over. */
  readonly signal: AbortSignal
  /** How often a failing task is tried before its batch fails. */
  readonly attemptsMax: number
  readonly speculation: Speculation | null
  readonly rates: SourceRates
  /** How batches are spread whose tasks are calls that cost; `null`: over all slots. */
  readonly fanOut: FanOut | null
  /** A manifest of so many bytes travels in the head. */
  readonly manifestInlineMax: number
  readonly startedAt: number
  /** When it ends; `null`: nobody knows of an end. */
  readonly life: Life | null
  readonly onError: EngineSettings['onError']
  /** Everything is in memory: what is set aside goes with this process. */
  readonly forgets: boolean
  /** What outputs were shown without, since the last mark. */
  outputLetters: readonly DeadLetters[]
  /** What is to be done about dead letters, as far as it has not been done yet. */
  letterCommands: readonly StoredCommand[]
  readonly admission: Admission
  /** The batch under way, or the one that failed last, has no plan yet. */
  isPlanning: boolean
  /** The last committed manifest. */
  base: Manifest | null
}
