import type { Host } from '../../host/host.ts'
import { MANIFEST_INLINE_MAX } from '../../checkpoint/manifest.ts'
import type { Head } from '../../model/head.ts'
import type { AppName, OperatorUid } from '../../model/ids.ts'
import type { ProgramFacts } from '../../model/program-facts.ts'
import { readSetting, textsOf } from '../../model/settings/read.ts'
import { BatchEvents } from '../../observe/batch-events.ts'
import type { ListenerBus } from '../../observe/streaming-listener.ts'
import type { OutputPublisher } from '../../output/output-publisher.ts'
import type { Life } from '../batch/handover.ts'
import type { FanOut, Planner } from '../planner.ts'
import { Coordinator } from './coordinator.ts'
import { Rates } from './rates.ts'

/** What a coordinator is put together from, wherever its program is. */
export interface Parts {
  readonly app: AppName
  readonly program: ProgramFacts
  readonly planner: Planner
  readonly publisher: (head: Head) => OutputPublisher
  readonly host: Host<Head>
  /** Hears how batches go. */
  readonly listeners: ListenerBus
  /** How often a failing task is tried where the program does not say. */
  readonly attempts: number
  readonly holder: string
  readonly isGone: (holder: string) => boolean
  readonly start?: StartOptions
  /** Hears what outputs failed with. */
  readonly onOutputError: (error: unknown) => void
  /** Sources are read as far as they go, whatever backpressure says: a test says itself what has arrived. */
  readonly unlimited?: boolean
  /** Hears, in records per second, how fast sources may receive from now on. */
  readonly onRates?: (rates: ReadonlyMap<OperatorUid, number>) => void
  /** Whether it lives long enough to wait for a place that is away; see `CoordinatorOptions`. */
  readonly isPatient?: boolean
  /** When it ends; a batch that takes longer is handed over to the next one. */
  readonly life?: Life
  /** It runs what is due and lets go; see `CoordinatorOptions`. */
  readonly isBrief?: boolean
  /** Whether it deletes what nothing leads to any more (default true); see `CoordinatorOptions`. */
  readonly sweeps?: boolean
  /** Up to how many bytes a manifest travels in the head (default 4096). */
  readonly manifestInlineMax?: number
  /** How batches are spread (default: over all slots); see `CoordinatorOptions`. */
  readonly fanOut?: FanOut
  /** Nothing outlives this process. */
  readonly forgets?: boolean
  /** An app that is paused is left alone; see `CoordinatorOptions`. */
  readonly leavesPaused?: boolean
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

/**
 * The one place where a coordinator is put together: hosts, tests and the simulator differ in what they pass, and in
 * nothing else. Acquires the head and recovers what the last coordinator left; throws what `Coordinator.open` throws.
 */
export async function assembled(parts: Parts): Promise<Coordinator> {
  const { app, program, planner, publisher, host, listeners, attempts, holder, isGone, start = {} } = parts
  const rates = new Rates(program, parts)
  listeners.tellTo(host.log)
  listeners.add(rates)
  const coordinator = await Coordinator.open({
    app,
    host,
    program,
    planner,
    publisher,
    holder,
    isGone,
    fresh: start.fresh ?? false,
    resume: start.resume ?? false,
    dropState: [...(start.dropState ?? []), ...readSetting(textsOf(program.conf), 'sluice.dropState')],
    events: new BatchEvents(host.clock, listeners, host.log, program, parts.onOutputError),
    rates,
    attempts,
    isPatient: parts.isPatient ?? false,
    life: parts.life ?? null,
    isBrief: parts.isBrief ?? false,
    sweeps: parts.sweeps ?? true,
    fanOut: parts.fanOut ?? null,
    manifestInlineMax: parts.manifestInlineMax ?? MANIFEST_INLINE_MAX,
    forgets: parts.forgets ?? false,
    leavesPaused: parts.leavesPaused ?? false,
    signal: parts.signal ?? new AbortController().signal,
  })
  rates.recall(coordinator.manifest?.rates)
  return coordinator
}
