import { given } from '../../model/given.ts'
import type { StreamingContext } from '../../api/dstream/streaming-context.ts'
import type { OutputEnvironment } from '../../graph/output-operation.ts'
import type { Host } from '../../host/host.ts'
import type { Head } from '../../model/head.ts'
import { settingsOf } from '../../model/settings/read.ts'
import { BatchEvents } from '../../observe/batch-events.ts'
import type { OutputPublisher } from '../../output/output-publisher.ts'
import { Coordinator } from '../../runtime/coordinator/coordinator.ts'
import { Receivers } from '../../runtime/coordinator/receivers.ts'
import type { Life } from '../../runtime/batch/handover.ts'
import type { TaskProgram } from '../../runtime/program.ts'

/** A program and the place where it runs: all that a coordinator is put together from. */
interface Assembly {
  readonly app: string
  readonly context: StreamingContext
  /** The graph of `context`, as this process runs it. */
  readonly program: TaskProgram
  readonly host: Host<Head>
  /** How often a failing task is tried where the program does not say. */
  readonly attempts: number
  readonly holder: string
  readonly isGone: (holder: string) => boolean
  readonly start?: StartOptions
  readonly environment: (head: Head) => OutputEnvironment
  /** Where outputs are shown; in this process, with `environment`, if it is left out. */
  readonly publisher?: (head: Head) => OutputPublisher
  /** Hears what outputs failed with. */
  readonly onOutputError: (error: unknown) => void
  /** Sources are read as far as they go, whatever backpressure says: a test says itself what has arrived. */
  readonly unlimited?: boolean
  /** Whether it lives long enough to wait for a place that is away; see `CoordinatorOptions`. */
  readonly isPatient?: boolean
  /** Nothing outlives this process. */
  readonly forgets?: boolean
  /** When it ends; a batch that takes longer is handed over to the next one. */
  readonly life?: Life
  readonly signal?: AbortSignal
}

/** What whoever starts a program wants of the start; nothing of it if it is left out. */
interface StartOptions {
  /** Begin anew even where a head exists. */
  readonly fresh?: boolean
  /** Clear a halt and go on. */
  readonly resume?: boolean
  /** Operators and sources whose state or position may be given up, besides those of `sluice.dropState`. */
  readonly dropState?: readonly string[]
}

export interface OpenApp {
  readonly coordinator: Coordinator
  readonly receivers: Receivers
}

/**
 * The one place where a coordinator is put together: hosts, tests and the simulator differ in what they pass, and in
 * nothing else. Acquires the head and recovers what the last coordinator left; throws what `Coordinator.open` throws.
 */
export async function openCoordinator(assembly: Assembly): Promise<OpenApp> {
  const { app, context, program, host, attempts, holder, isGone, start = {}, unlimited = false } = assembly
  const { graph, listeners, sparkContext, batchDuration } = context
  const receivers = new Receivers(host, { graph, settings: settingsOf(sparkContext.conf), listeners })
  const coordinator = await Coordinator.open({
    app,
    host,
    program,
    intervalMs: batchDuration.milliseconds,
    conf: Object.fromEntries(sparkContext.conf.getAll()),
    holder,
    isGone,
    fresh: start.fresh ?? false,
    resume: start.resume ?? false,
    dropState: [...(start.dropState ?? []), ...program.settings.dropState],
    events: new BatchEvents(host.clock, listeners, host.log, graph, assembly.onOutputError),
    environment: assembly.environment,
    ...given({ publisher: assembly.publisher }),
    limitOf: (source) => (unlimited ? null : receivers.limitOf(source)),
    learnedAfter: (info) => (unlimited ? null : receivers.learnedAfter(info)),
    attempts,
    isPatient: assembly.isPatient ?? false,
    life: assembly.life ?? null,
    forgets: assembly.forgets ?? false,
    signal: assembly.signal ?? new AbortController().signal,
  })
  return { coordinator, receivers }
}
