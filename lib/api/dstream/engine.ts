import { SluiceError } from '../../model/errors.ts'
import { callerPlace } from '../../model/place.ts'
import type { Time } from '../../model/time.ts'
import type { DStream } from './dstream.ts'
import type { RDD } from '../rdd/rdd.ts'
import type { StreamingContext } from './streaming-context.ts'

/** What runs a context. The stream layer only describes; an entry point brings the engine that fits the place. */
export interface Engine {
  /** Begins batches in the background. Problems go to `context.reportError`. */
  start(): void
  /** Resolves when nothing of this context runs any more. */
  stop(graceful: boolean): Promise<void>
  /** Resolves after `ms` of the engine's time. */
  elapse(ms: number): Promise<void>
  slice<T>(stream: DStream<T>, from: Time, to: Time): Promise<RDD<T>[]>
}

type EngineFactory = (context: StreamingContext) => Engine

/** What `getOrCreate` needs to know about a directory before it decides. */
interface CheckpointLookup {
  /** The directory that the command line gave; it goes before what the program says. */
  defaultDirectory(): string | null
  /** `null`: none there. Throws when there is one that cannot be read. */
  read(
    directory: string,
  ): Promise<{ readonly conf: Readonly<Record<string, string>>; readonly intervalMs: number } | null>
}

let factory: EngineFactory | null = null
let lookup: CheckpointLookup | null = null

export function installEngine(engine: EngineFactory, checkpoints: CheckpointLookup): void {
  factory = engine
  lookup = checkpoints
}

export function engineFor(context: StreamingContext): Engine {
  if (factory) return factory(context)
  throw new SluiceError('E_CONTEXT_STATE', 'This is the bundle of a function, which holds no engine to start.', {
    where: { place: callerPlace() },
    did: 'nothing was started',
    next: [
      'export default app(…), and pass it to coordinatorHandler of sluice/lambda',
      'bundle without the condition sluice-function for a process that stays',
    ],
  })
}

export function checkpoints(): CheckpointLookup {
  if (!lookup) throw new Error('no engine is installed: import the package, not a file of it')
  return lookup
}

/** The directory of the command line, if there is one. */
export const defaultCheckpointDirectory = (): string | null => lookup?.defaultDirectory() ?? null
