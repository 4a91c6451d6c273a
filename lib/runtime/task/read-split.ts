import { given } from '../../model/given.ts'
import type { OperatorUid } from '../../model/ids.ts'
import { isLetterSplit, type LetterSplit } from '../../checkpoint/dead-letters.ts'
import { decodeLetters } from '../../checkpoint/letter-blocks.ts'
import { getBlob } from '../../checkpoint/blobs.ts'
import { ObjectKeys } from '../../checkpoint/object-keys.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import type { Host } from '../../host/host.ts'
import type { DeadLetter } from '../../model/dead-letter.ts'
import type { Head } from '../../model/head.ts'
import type { Json } from '../../model/json.ts'
import type { TaskSpec } from '../../model/task.ts'
import type { Ended, Source, SourceIo } from '../../source/source.ts'
import { type Chunks, SourcePort } from '../../source/source-port.ts'
import type { TimeLimit } from '../time-limit.ts'
import type { TaskProgram } from './program.ts'

/** What of a host sources may touch. */
export type SourceHost = Pick<Host<Head>, 'blobs' | 'clock' | 'random' | 'log'> & {
  readonly limit?: Pick<TimeLimit, 'signal'>
}

/** What one source of an app may touch. */
export const sourceIo = (
  { blobs, clock, random, log, limit }: SourceHost,
  { app, inc }: Pick<Head, 'app' | 'inc'>,
  uid: string,
): SourceIo => ({
  blobs,
  clock,
  random,
  log,
  prefix: new ObjectKeys(app, inc).source(uid),
  ...given({ signal: limit?.signal }),
})

/** A split of one source, and with whom its records are counted. */
interface Reading<T> {
  readonly uid: OperatorUid
  readonly source: Source<T>
  readonly split: Json
  readonly io: SourceIo
  readonly seen?: (records: number) => void
  /** Hears where the split ends, where only reading it finds that. */
  readonly ended?: Ended | null
}

/** The records of one split, in the same order at every reading. */
export function readSplit<T>({ uid, source, split, io, seen = () => {}, ended = null }: Reading<T>): Chunks<T> {
  if (isLetterSplit(split)) return letters<T>(split, io, seen)
  return new SourcePort(uid, source).read(split, io, seen, ended)
}

async function* letters<T>(
  split: LetterSplit,
  { blobs }: SourceIo,
  seen: (records: number) => void,
): AsyncIterable<readonly T[]> {
  const records = (await storedLetters(split, blobs)).map((letter) => letter.record as T)
  seen(records.length)
  yield records
}

/** The letters that a split stands for, in the order in which it is read. */
export async function storedLetters(
  { 'sluice.deadLetters': { ref, ids } }: LetterSplit,
  blobs: BlobStore,
): Promise<DeadLetter[]> {
  const wanted = new Set(ids)
  return decodeLetters(await getBlob(blobs, ref), ref.key).filter((letter) => letter.isStored && wanted.has(letter.id))
}

/**
 * Tells sources what a task is about to read, where it is the whole batch: they may ask for it beforehand, side by
 * side, while the task reads one split after the other. What is returned ends that: nothing of it is under way then.
 */
export function readAhead(
  { plan, staged }: Pick<TaskSpec, 'plan' | 'staged'>,
  { graph }: Pick<TaskProgram, 'graph'>,
  ioOf: (uid: OperatorUid) => SourceIo,
): () => Promise<void> {
  if (staged) return async () => {}
  const reachable = graph.reachable()
  const ends = graph.inputs
    .filter((input) => reachable.has(input) && plan.ends?.[input.uid] === undefined)
    .flatMap(({ uid, source }) => {
      const splits = plan.cuts[uid]?.splits.filter((split) => !isLetterSplit(split)) ?? []
      if (splits.length < 2) return []
      return [new SourcePort(uid, source).ahead(splits, ioOf(uid))]
    })
  return async () => {
    await Promise.allSettled(ends.map((end) => end()))
  }
}

/** All records of a split but `skip` (in rising order), and none from `take` on. */
export interface Choice {
  readonly skip: readonly number[]
  readonly take: number
}

/** Hands over what `choice` leaves of each chunk. */
export function chosen<T>(chunks: Chunks<T>, choice: Choice): Chunks<T> {
  const chooser = new Chooser<T>(choice)
  if (Symbol.asyncIterator in chunks) return chosenAsync(chunks, chooser)
  return chosenSync(chunks, chooser)
}

class Chooser<T> {
  readonly #skip: ReadonlySet<number>
  readonly #take: number
  #at = 0

  constructor({ skip, take }: Choice) {
    this.#skip = new Set(skip)
    this.#take = take
  }

  get isDone(): boolean {
    return this.#at >= this.#take
  }

  of(chunk: readonly T[]): readonly T[] {
    const from = this.#at
    this.#at += chunk.length
    return chunk.filter((_, i) => from + i < this.#take && !this.#skip.has(from + i))
  }
}

function* chosenSync<T>(chunks: Iterable<readonly T[]>, chooser: Chooser<T>): Iterable<readonly T[]> {
  if (chooser.isDone) return
  for (const chunk of chunks) {
    yield chooser.of(chunk)
    if (chooser.isDone) return
  }
}

async function* chosenAsync<T>(chunks: AsyncIterable<readonly T[]>, chooser: Chooser<T>): AsyncIterable<readonly T[]> {
  if (chooser.isDone) return
  for await (const chunk of chunks) {
    yield chooser.of(chunk)
    if (chooser.isDone) return
  }
}
