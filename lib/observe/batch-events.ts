import { counted } from '../model/counted.ts'
import type { OperatorUid } from '../model/ids.ts'
import { given } from '../model/given.ts'
import type { Clock } from '../host/clock.ts'
import type { Log } from '../host/log.ts'
import type { BatchReport } from '../model/events.ts'
import type { Manifest } from '../model/manifest.ts'
import type { SourceProgress } from '../model/source-progress.ts'
import type { BatchPlan, StateReads } from '../model/task.ts'
import { messageOf, type SluiceError } from '../model/errors.ts'
import type { ProgramFacts } from '../model/program-facts.ts'
import type { OutputHooks } from '../output/output-publisher.ts'
import type { BatchInfo, ListenerBus, OutputOperationInfo } from './streaming-listener.ts'
import { InputInfoTracker } from './input-info-tracker.ts'

/** What is known of an output that failed. */
interface Held {
  readonly output: OperatorUid
  /** Batches that are not delivered. */
  readonly owed: number
  /** Until the next try. */
  readonly waitMs: number
}

const batches = (n: number): string => counted(n, 'batch', 'batches')
const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`

type SourcesProgress = { readonly [source: string]: SourceProgress }

/** A batch that begins, and how far its sources come with it. */
interface Submitted {
  readonly plan: Pick<BatchPlan, 'batch' | 'time' | 'cuts'>
  readonly progress: SourcesProgress
}

interface Progress {
  readonly plan: Pick<BatchPlan, 'batch' | 'time'>
  readonly submitted: number
  readonly visible: boolean
  started: number | null
  ended: number | null
  stateReads: StateReads | null
  readonly outputs: Map<number, OutputOperationInfo>
}

/** Tells listeners and the log how a batch goes (parity D.6, D.7). Listening changes nothing. */
export class BatchEvents {
  readonly #clock: Clock
  readonly #bus: ListenerBus
  readonly #log: Log
  readonly #program: Pick<ProgramFacts, 'inputs' | 'outputs'>
  readonly #report: (error: unknown) => void
  readonly #inputs = new InputInfoTracker()
  #progress: Progress | null = null

  constructor(
    clock: Clock,
    bus: ListenerBus,
    log: Log,
    program: Pick<ProgramFacts, 'inputs' | 'outputs'>,
    report: (error: unknown) => void,
  ) {
    this.#clock = clock
    this.#bus = bus
    this.#log = log
    this.#program = program
    this.#report = report
  }

  /** `visible`: the batch has jobs; Spark says nothing about batches without. */
  submitted({ plan, progress }: Submitted, visible: boolean, at = this.#clock.now()): void {
    this.#reportInputs(plan, progress)
    const begun = { plan, submitted: at, visible, started: null, ended: null, stateReads: null, outputs: new Map() }
    this.#progress = begun
    this.#tell('onBatchSubmitted', begun)
  }

  started(at = this.#clock.now()): void {
    const progress = this.#progress
    if (!progress) return
    progress.started = at
    this.#tell('onBatchStarted', progress)
  }

  /** What tasks have said of the state that they worked on. */
  computed(answers: readonly { readonly stateReads?: StateReads }[]): void {
    const sum = (where: keyof StateReads): number =>
      answers.reduce((all, { stateReads }) => all + (stateReads?.[where] ?? 0), 0)
    const reads = { warm: sum('warm'), cold: sum('cold') }
    if (this.#progress && reads.warm + reads.cold > 0) this.#progress.stateReads = reads
  }

  /** `backlog`: how many batches each output owes. */
  completed(manifest: Manifest, backlog: Readonly<Record<string, number>> = {}): void {
    const progress = this.#progress
    if (!progress || progress.plan.batch !== manifest.batch) return
    progress.ended = this.#clock.now()
    this.#learn(manifest, {})
    const info = this.#infoOf(progress)
    if (progress.visible) this.#bus.post('onBatchCompleted', { batchInfo: info })
    const { stateReads } = progress
    this.#log.event({ ...batchReport(manifest, info), backlog, ...given({ sources: this.#sources(info), stateReads }) })
  }

  failed(error: unknown): void {
    this.#log.event({ type: 'error', error })
    this.#report(error)
  }

  /** An output that failed and is tried again by and by: said, and nothing ends. */
  held(error: SluiceError, { output, owed, waitMs }: Held): void {
    this.#log.event({
      type: 'output-held',
      level: 'warn',
      output,
      owed,
      waitMs,
      code: error.code,
      next: error.next,
      message:
        `${output}, batch ${error.where.batch}: ${error.message} (${error.code}); ` +
        `${batches(owed)} undelivered, next try in ${seconds(waitMs)}; nothing is lost, everything else goes on`,
    })
  }

  /** What it owed has been delivered. */
  released(output: OperatorUid, forMs: number): void {
    const message = `${output} takes batches again, after ${seconds(forMs)}`
    this.#log.event({ type: 'output-released', level: 'warn', output, forMs, message })
  }

  /** Batches that somebody gave up. */
  dropped(backlog: Readonly<Record<string, number>>): void {
    for (const [output, owed] of Object.entries(backlog)) {
      const message = `${output}: ${batches(owed)} given up, as asked for with sluice outputs drop`
      this.#log.event({ type: 'output-dropped', level: 'warn', output, owed, message })
    }
  }

  /** A record that was set aside: reported, and nothing fails. */
  isolated(error: unknown): void {
    this.#log.event({ type: 'error', error })
  }

  outputHooks(manifest: Manifest): OutputHooks {
    const { outputs } = this.#program
    const describe = (output: OperatorUid): OutputOperationInfo => {
      const id = outputs.findIndex((node) => node.uid === output)
      const node = outputs[id]!
      return {
        batchTime: manifest.time,
        id,
        name: `${node.operator} at ${node.place}`,
        description: node.uid,
        startTime: null,
        endTime: null,
        failureReason: null,
        duration: null,
      }
    }
    let startTime = 0
    const post = (name: 'onOutputOperationStarted' | 'onOutputOperationCompleted', info: OutputOperationInfo): void => {
      this.#progress?.outputs.set(info.id, info)
      this.#bus.post(name, { outputOperationInfo: info })
    }
    return {
      started: (output, at = this.#clock.now()) => {
        startTime = at
        post('onOutputOperationStarted', { ...describe(output), startTime })
      },
      completed: (output, error, endTime = this.#clock.now()) => {
        post('onOutputOperationCompleted', {
          ...describe(output),
          startTime,
          endTime,
          duration: endTime - startTime,
          failureReason: error === null ? null : messageOf(error),
        })
      },
    }
  }

  #reportInputs(plan: Submitted['plan'], progress: SourcesProgress): void {
    this.#inputs.cleanup(plan.time)
    for (const [id, node] of this.#program.inputs.entries()) {
      const cut = plan.cuts[node.uid]
      if (cut)
        this.#inputs.report(plan.time, {
          inputStreamId: id,
          numRecords: cut.records ?? 0,
          metadata: cut.description === undefined ? {} : { Description: cut.description },
          ...given({ progress: progress[node.uid] }),
        })
    }
  }

  /** Sources that could not say before reading are counted by the tasks, and only then know how far they came. */
  #learn(manifest: Manifest, found: SourcesProgress): void {
    const inputs = this.#inputs.infoOf(manifest.time)
    for (const [id, { uid }] of this.#program.inputs.entries()) {
      const [known, cut] = [inputs.get(id), manifest.cuts[uid]]
      if (!known || !cut) continue
      const numRecords = cut.records ?? manifest.records[uid] ?? 0
      this.#inputs.report(manifest.time, { ...known, numRecords, ...given({ progress: found[uid] }) })
    }
  }

  /** What is known of the sources of the batch that has ended; `null` where none of them says anything. */
  #sources({ streamIdToInputInfo }: BatchInfo): BatchReport['sources'] | null {
    const known = this.#program.inputs.flatMap(({ uid }, id) => {
      const { numRecords: records, progress } = streamIdToInputInfo.get(id) ?? {}
      return records === undefined || !progress ? [] : [[uid, { records, ...progress }] as const]
    })
    return known.length === 0 ? null : Object.fromEntries(known)
  }

  /** What would be said of the batch of `manifest` if it were done now; `null` where it is not under way. */
  soFar(manifest: Manifest, found: SourcesProgress): BatchInfo | null {
    const progress = this.#progress
    if (!progress || progress.plan.batch !== manifest.batch || progress.started === null) return null
    this.#learn(manifest, found)
    const now = this.#clock.now()
    return { ...this.#infoOf(progress), processingEndTime: now, processingDelay: now - progress.started }
  }

  #tell(name: 'onBatchSubmitted' | 'onBatchStarted', progress: Progress): void {
    if (progress.visible && this.#bus.hears(name)) this.#bus.post(name, { batchInfo: this.#infoOf(progress) })
  }

  #infoOf({ plan, submitted, started, ended, outputs }: Progress): BatchInfo {
    const inputs = this.#inputs.infoOf(plan.time)
    const numRecords = [...inputs.values()].reduce((sum, input) => sum + input.numRecords, 0)
    return {
      batchTime: plan.time,
      streamIdToInputInfo: new Map(inputs),
      submissionTime: submitted,
      processingStartTime: started,
      processingEndTime: ended,
      outputOperationInfos: new Map(outputs),
      schedulingDelay: started === null ? null : started - submitted,
      processingDelay: ended === null || started === null ? null : ended - started,
      totalDelay: ended === null ? null : ended - submitted,
      numRecords,
    }
  }
}

/** The facts of the batch line; see `docs/cli.md`. */
function batchReport(manifest: Manifest, info: BatchInfo): BatchReport {
  const outputs = Object.fromEntries(
    Object.entries(manifest.outputs).map(([output, parts]) => [
      output,
      parts.reduce((sum, part) => sum + part.records, 0),
    ]),
  )
  const keys = keysByOperator(manifest)
  return {
    type: 'batch',
    batch: manifest.batch,
    time: manifest.time,
    records: info.numRecords,
    schedulingDelayMs: Math.max(0, (info.processingStartTime ?? manifest.time) - manifest.time),
    processingTimeMs: info.processingDelay,
    stateKeys: sumOf(keys),
    keysByOperator: keys,
    deadLetters:
      manifest.deadLetters
        ?.filter(({ batch }) => batch === manifest.batch)
        .reduce((sum, { open }) => sum + Object.values(open).flat().length, 0) ?? 0,
    outputs,
    failedOutputs: [...info.outputOperationInfos.values()]
      .filter((output) => output.failureReason !== null)
      .map((output) => output.description),
  }
}

/** Keys that each operator with state holds after the batch. */
const keysByOperator = ({ state }: Manifest): Record<string, number> =>
  Object.fromEntries(
    Object.entries(state).map(([operator, { chains }]) => [operator, chains.reduce((sum, { keys }) => sum + keys, 0)]),
  )

/** Null for a program without state. */
function sumOf(keys: Readonly<Record<string, number>>): number | null {
  const counts = Object.values(keys)
  return counts.length === 0 ? null : counts.reduce((sum, n) => sum + n, 0)
}
