import type { BatchNumber, OperatorUid, ShuffleId } from '../../model/ids.ts'
import { getBlob, getBlobRange } from '../../checkpoint/blobs.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import type { BatchWatch } from '../../host/batch-watch.ts'
import type { Clock } from '../../host/clock.ts'
import type { Log } from '../../host/log.ts'
import type { Json } from '../../model/json.ts'
import { located, SluiceError } from '../../model/errors.ts'
import type { BlobRef } from '../../model/refs.ts'
import type { Reduced, SplitEnds, StateWrite, TaskSpec, UndecodedPart } from '../../model/task.ts'
import type { ShuffleInput } from '../../shuffle/buckets.ts'
import { SectionReader } from '../../shuffle/blocks.ts'
import type { ReducerRange } from '../../shuffle/own-sections.ts'
import { assertInTime, type TimeLimit } from '../time-limit.ts'
import type { LocalShuffle } from './local-shuffles.ts'
import { type Choice, chosen, readSplit } from './read-split.ts'
import type { Source, SourceIo } from '../../source/source.ts'
import type { Undecoded } from '../../source/undecoded.ts'
import type { Chunks } from '../../source/source-port.ts'
import type { KeyedState } from '../../state/keyed-state.ts'
import type { StateBlobs } from '../../state/state-of.ts'
import type { StateStore } from '../../state/state-store.ts'
import type { Pane, WindowSpec } from '../../state/window-spec.ts'
import type { WindowState } from '../../state/window-state.ts'
import type { Blame } from '../../lineage/blame.ts'
import type { Kept } from '../../lineage/kept-records.ts'
import type { MaybePromise, RddNode, ShuffleDependency, StateRequest, TaskScope } from '../../lineage/node.ts'
import { Turns } from './turns.ts'

interface ScopeEnvironment {
  readonly blobs: BlobStore
  readonly store: StateStore
  readonly putState: StateBlobs['put']
  readonly log: Log
  readonly clock: Clock
  readonly freezes?: boolean
  readonly blame?: Blame
  readonly limit?: TimeLimit
  readonly watch?: BatchWatch
  readonly sourceIo: (uid: OperatorUid) => SourceIo
  readonly shuffleIds: ReadonlyMap<ShuffleDependency, number>
}

const ofAnotherBatch = (operator: OperatorUid, batch: BatchNumber): SluiceError =>
  new SluiceError(
    'E_NOT_RESIDENT',
    'An RDD was used that was kept from another batch: its records are not of this one.',
    {
      where: { operator, batch },
      did: 'the batch was not completed',
      next: [
        'use the RDD that transform hands over in this batch',
        'window(length) gives the records of several batches, updateStateByKey keeps something of all of them',
      ],
      fault: 'program',
    },
  )

const countsWrongly = (promised: number, read: number): SluiceError =>
  new SluiceError('E_SOURCE', `The source said in cut() that there are ${promised} records, and read() gave ${read}.`, {
    did: 'nothing of this attempt was used',
    next: ['give `records: null` where cut() cannot know the number', 'mend the source'],
  })

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type OpenPart = Mutable<UndecodedPart> & { letters: UndecodedPart['letters'][number][] }

/** More letters of one split are not kept: so many fail the batch. */
const LETTERS_OF_SPLIT_MAX = 10_000

const ignore = (): void => {}

/**
 * What one task's lineage may ask for: its splits, its shuffle input, its share of the state. Collects what it changed.
 */
export class RunningTask implements TaskScope {
  readonly memo = new Map<RddNode<any>, Map<number, Kept<unknown>>>()
  readonly partition = { stageId: 0, partitionId: 0, attemptNumber: 0 }
  readonly stateWrites: StateWrite[] = []
  /** Partitions of state that were warm in this process, and those that were read. */
  readonly stateReads = { warm: 0, cold: 0 }
  readonly records: Record<string, Record<string, number>> = {}
  readonly reduced: Reduced[] = []
  /** Where splits ended for which the plan has no end: a second reading in this task is of the same records. */
  readonly ends: Record<string, Record<string, Json>> = {}
  readonly #splits = new Map<OperatorUid, ReadonlySet<string>>()
  /** Records of each source, over all splits. */
  readonly #read = new Map<OperatorUid, number>()
  /** What the sources could not make records of. */
  readonly undecoded: OpenPart[] = []
  readonly #undecodedParts = new Map<string, OpenPart>()
  /** Shuffles whose both sides run in this task. */
  readonly local = new Map<ShuffleDependency, LocalShuffle>()
  readonly freezes: boolean
  readonly blame?: Blame
  readonly turns: Turns
  readonly #spec: TaskSpec
  readonly #environment: ScopeEnvironment
  readonly #sections: SectionReader

  constructor(spec: TaskSpec, environment: ScopeEnvironment) {
    this.#spec = spec
    this.#environment = environment
    this.#sections = sectionsIn(environment.blobs)
    this.freezes = environment.freezes ?? false
    this.turns = new Turns(environment.clock)
    if (environment.blame) this.blame = environment.blame
  }

  readSource<T>(source: Source<T>, uid: OperatorUid, split: Json): Chunks<T> {
    const name = JSON.stringify(split)
    const all = this.#split(source, uid, split, name)
    const choice = this.#choice(uid, name)
    if (!choice) return all
    return chosen(all, choice)
  }

  #split<T>(source: Source<T>, uid: OperatorUid, split: Json, name: string): Chunks<T> {
    const sealed = sealedSplit(this.#spec.plan.ends, uid, name) ?? sealedSplit(this.ends, uid, name)
    const ended = sealed === undefined ? (end: Json): void => void ((this.ends[uid] ??= {})[name] = end) : null
    const counts = (this.records[uid] ??= {})
    if (!this.#splitsOf(uid).has(name)) throw ofAnotherBatch(uid, this.#spec.plan.batch)
    // A split read for a second output is not a second arrival.
    const isFirst = !(name in counts)
    if (isFirst) counts[name] = 0
    const { limit, clock, watch } = this.#environment
    const seen = (records: number): void => {
      if (limit) assertInTime(limit, clock)
      if (!isFirst) return
      counts[name]! += records
      this.#checkCount(uid, records)
      watch?.read(records)
    }
    const undecoded = isFirst ? (found: Undecoded): void => this.#undecoded(uid, name, counts[name]!, found) : ignore
    const io = { ...this.#environment.sourceIo(uid), undecoded }
    return readSplit({ uid, source, split: sealed ?? split, io, seen, ended })
  }

  /** What the plan cut of a source, by name: an RDD that was kept from another batch reads what is not among it. */
  #splitsOf(uid: OperatorUid): ReadonlySet<string> {
    let known = this.#splits.get(uid)
    if (!known) {
      known = new Set(this.#spec.plan.cuts[uid]?.splits.map((split) => JSON.stringify(split)))
      this.#splits.set(uid, known)
    }
    return known
  }

  #checkCount(uid: OperatorUid, records: number): void {
    const promised = this.#spec.plan.cuts[uid]?.records ?? Infinity
    const read = (this.#read.get(uid) ?? 0) + records
    this.#read.set(uid, read)
    if (read > promised) throw countsWrongly(promised, read)
  }

  #undecoded(source: OperatorUid, split: string, index: number, found: Undecoded): void {
    const { code, message, path, offset } = found
    const name = JSON.stringify([source, split])
    let part = this.#undecodedParts.get(name)
    if (!part) {
      const counts = { replaced: 0, skipped: 0, lettersCount: 0 }
      part = { source, split, ...counts, letters: [], first: { code, message, path } }
      if (found.isReceived) part.isReceived = true
      this.#undecodedParts.set(name, part)
      this.undecoded.push(part)
    }
    if (found.became === 'replaced') part.replaced++
    if (found.became === 'skipped') part.skipped++
    if (found.became !== 'letter' || part.lettersCount++ >= LETTERS_OF_SPLIT_MAX) return
    part.letters.push({ split, index, code, message, path, offset, bytes: Buffer.from(found.bytes).toString('base64') })
  }

  /** `null`: every record, which is nearly always so. */
  #choice(uid: OperatorUid, split: string): Choice | null {
    const { plan, trial } = this.#spec
    const skip = plan.skip?.[uid]?.[split]
    // It leaves out records itself, because it counts them.
    if (trial?.kind === 'blame') return null
    if (trial?.kind === 'prefix') return { skip: skip ?? [], take: trial.take[uid]?.[split] ?? 0 }
    if (!skip) return null
    return { skip, take: Infinity }
  }

  shuffle(dependency: ShuffleDependency, reducer: number): MaybePromise<ShuffleInput> {
    const local = this.local.get(dependency)
    if (local) return local.read(reducer)
    return this.#readShuffle(this.#environment.shuffleIds.get(dependency)!, reducer)
  }

  async #readShuffle(shuffle: ShuffleId, reducer: number): Promise<ShuffleInput> {
    const { input, sum } = await this.#sections.read(this.#spec.inputs[shuffle]!, reducer, this.#reducers())
    this.reduced.push({ shuffle, reducer, records: input.reduce((count, { values }) => count + values.length, 0), sum })
    return input
  }

  /** Partitions of the stage under way: neighbours, which read sections that lie side by side. */
  #reducers(): ReducerRange | undefined {
    const partitions = this.#spec.work.find(({ stage }) => stage === this.partition.stageId)?.partitions
    return partitions && { first: partitions[0]!, last: partitions.at(-1)! }
  }

  blob(ref: BlobRef): Promise<Uint8Array> {
    return getBlob(this.#environment.blobs, ref)
  }

  clock(): Clock {
    return this.#environment.clock
  }

  keyedState(request: StateRequest): Promise<KeyedState> {
    return this.#environment.store.keyed(request, this.#stateBlobs)
  }

  async stateChanged(request: StateRequest, state: KeyedState): Promise<void> {
    this.stateWrites.push(
      await ofOperator(request, () =>
        this.#environment.store.saveKeyed(request, state, this.#spec.plan.batch, this.#stateBlobs),
      ),
    )
  }

  windowState(request: StateRequest, spec: WindowSpec): Promise<WindowState> {
    return this.#environment.store.window(request, spec, this.#spec.plan.time, this.#stateBlobs)
  }

  async windowChanged(
    request: StateRequest,
    spec: WindowSpec,
    state: WindowState,
    pane: Pane | null,
    time: number,
  ): Promise<void> {
    this.stateWrites.push(
      await ofOperator(request, () =>
        this.#environment.store.saveWindow(request, spec, state, pane, time, this.#spec.plan.batch, this.#stateBlobs),
      ),
    )
  }

  get #stateBlobs(): StateBlobs {
    const { blobs, putState, log } = this.#environment
    return {
      get: (ref) => getBlob(blobs, ref),
      put: putState,
      found: (where) => void this.stateReads[where]++,
      large: ({ operator, keyHash, bytes, bytesMax }) =>
        log.event({
          type: 'state-large',
          level: 'warn',
          operator,
          keyHash,
          bytes,
          message:
            `the state of the key with the hash ${keyHash} of "${operator}" takes more than half of the ` +
            `${bytesMax} bytes that it may`,
        }),
    }
  }
}

/** Reads sections of blocks that lie in this store. */
export const sectionsIn = (blobs: BlobStore): SectionReader =>
  new SectionReader({
    get: (ref) => getBlob(blobs, ref),
    range: (ref, offset, length) => getBlobRange(blobs, ref, offset, length),
  })

/** The split to be read in the place of that of the cut, once its end is known. */
export const sealedSplit = (ends: SplitEnds | undefined, source: OperatorUid, split: string): Json | undefined =>
  ends?.[source]?.[split]

/** What cannot be stored is said of the operator whose state it is. */
async function ofOperator<T>({ operator, split }: StateRequest, save: () => Promise<T>): Promise<T> {
  try {
    return await save()
  } catch (error) {
    throw located(error, { operator, partition: split })
  }
}
