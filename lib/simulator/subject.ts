import type { Random } from '../host/random.ts'
import type { TaskProgram } from '../runtime/task/program.ts'
import type { StreamingContext } from '../api/dstream/streaming-context.ts'
import type { Ambient } from './ambient.ts'
import type { Circumstances } from './circumstances.ts'
import type { Ports } from './ports.ts'
import type { SimLog } from './sim-source.ts'
import type { SimProcess } from './sim-process.ts'
import type { Report, WatchedStores } from './stores.ts'

/** What is simulated: one of the reference jobs, or a program of a user. */
export interface Subject {
  readonly app: string
  readonly intervalMs: number
  /** Sources with their number of partitions. */
  readonly sources: Readonly<Record<string, number>>
  readonly circumstances?: Circumstances
  /** It catches up with short outages only: it takes so much at once, or looks back so far. */
  readonly isBrief?: true
  record(source: string, random: Random): unknown
  /** One run of it, from an empty store to a healed cluster. */
  begin(surroundings: Surroundings): SubjectRun
}

/** What a run finds around it; it outlives every process. */
export interface Surroundings {
  readonly ports: Ports
  readonly stores: WatchedStores
  readonly logs: ReadonlyMap<string, SimLog>
  readonly workers: number
  readonly seed: number
  /** When the last records arrive. */
  readonly until: number
  readonly report: Report
}

export interface SubjectRun {
  /** What the language gives the program; without it, asking for time or randomness fails. */
  readonly ambient?: Ambient
  /** Whether a log is read as a log, from its beginning to its end; every one, if it is left out. */
  isAllOf?(log: string): boolean
  /** The program as one process loads it. */
  build(process: SimProcess): Built | Promise<Built>
  /** The head was not given to the process: it has run nothing of what was built for it. */
  refused?(process: SimProcess): void
  /** Reports what is wrong with what was shown, when all has healed. */
  judge(): void | Promise<void>
}

export interface Built {
  readonly context: StreamingContext
  readonly program: TaskProgram
}
