import type { ExecutionId, OperatorUid } from '../../model/ids.ts'
import { putBlob } from '../../checkpoint/blobs.ts'
import { isLetterSplit } from '../../checkpoint/dead-letters.ts'
import { encodeLetters } from '../../checkpoint/letter-blocks.ts'
import { ObjectKeys } from '../../checkpoint/object-keys.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import type { DeadLetterFacts, RecordCounts } from '../../model/dead-letter.ts'
import type { Json } from '../../model/json.ts'
import type { BlobRef } from '../../model/refs.ts'
import type { TaskReport, TaskSpec, Trial } from '../../model/task.ts'
import type { Chunks } from '../../source/source-port.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import { readSplit, storedLetters } from './read-split.ts'
import type { TaskHost } from './execution.ts'
import { serialiseError } from '../serialised-error.ts'
import { sealedSplit } from './task-scope.ts'
import { Turns } from './turns.ts'

/** Objects written here are seen here alone. */
export function scratchOver(blobs: BlobStore): BlobStore {
  const own = new Map<string, Uint8Array>()
  return {
    putNew: async (key, bytes) => {
      own.set(key, bytes)
    },
    get: async (key) => own.get(key) ?? blobs.get(key),
    getRange: async (key, offset, length) =>
      own.get(key)?.subarray(offset, offset + length) ?? blobs.getRange(key, offset, length),
    list: (prefix) => blobs.list(prefix),
    delete: async () => {},
  }
}

/** Trials that run nothing of the program: they read what the plan cut. */
export async function readForTrial(
  spec: TaskSpec,
  trial: Extract<Trial, { kind: 'count' | 'letters' }>,
  graph: StreamGraph,
  host: TaskHost,
): Promise<TaskReport> {
  const executionId = host.random.newId()
  const { task, exec } = spec
  const nothing = { shuffles: [], reduced: [], state: [], retained: [], outputs: [], records: {}, accumulators: {} }
  const reading = new Reading(spec, graph, host)
  try {
    if (trial.kind === 'count') {
      const records = await reading.counts()
      return { kind: 'done', task, exec, executionId, ...nothing, records, ends: reading.ends }
    }
    return {
      kind: 'done',
      task,
      exec,
      executionId,
      ...nothing,
      letters: await reading.store(trial.letters, executionId),
    }
  } catch (error) {
    return { kind: 'failed', task, exec, executionId, error: serialiseError(error, { task }) }
  }
}

class Reading {
  readonly #spec: TaskSpec
  readonly #graph: StreamGraph
  readonly #host: TaskHost
  readonly #keys: ObjectKeys
  /** What is counted here is what every later trial reads. */
  readonly ends: Record<string, Record<string, Json>> = {}

  constructor(spec: TaskSpec, graph: StreamGraph, host: TaskHost) {
    this.#spec = spec
    this.#graph = graph
    this.#host = host
    this.#keys = new ObjectKeys(spec.plan.app, spec.plan.inc)
  }

  async counts(): Promise<RecordCounts> {
    const counts: Record<string, Record<string, number>> = {}
    const turns = new Turns(this.#host.clock)
    for (const { source, split, chunks } of this.#splits()) {
      const of = (counts[source] ??= {})
      of[split] = 0
      for await (const chunk of chunks) of[split] += chunk.length
      await turns.next()
    }
    return counts
  }

  async store(letters: readonly DeadLetterFacts[], executionId: ExecutionId): Promise<BlobRef> {
    const found: (DeadLetterFacts & { readonly record: unknown })[] = []
    for (const { source, split, chunks } of this.#splits()) {
      const wanted = new Map(
        letters
          .filter((letter) => letter.source === source && letter.split === split)
          .map((letter) => [letter.index, letter]),
      )
      if (wanted.size === 0) continue
      let at = 0
      for await (const chunk of chunks)
        for (const record of chunk) {
          const letter = wanted.get(at++)
          if (letter) found.push({ ...letter, ...(await this.#originOf(letter)), record })
        }
    }
    return putBlob(
      this.#host.blobs,
      this.#keys.deadLetters(this.#spec.plan.batch, `${executionId}.0`),
      encodeLetters(found),
      0,
    )
  }

  /** A record that comes from a letter came from elsewhere before. */
  async #originOf({ split, index }: DeadLetterFacts): Promise<Partial<DeadLetterFacts>> {
    const read: unknown = JSON.parse(split)
    if (!isLetterSplit(read)) return {}
    const letter = (await storedLetters(read, this.#host.blobs))[index]!
    return { split: letter.split, index: letter.index, retryOf: letter.retryOf ?? letter.id }
  }

  *#splits(): Iterable<{ readonly source: OperatorUid; readonly split: string; readonly chunks: Chunks<unknown> }> {
    const { blobs, clock, random, log } = this.#host
    const { cuts, ends } = this.#spec.plan
    for (const { uid, source } of this.#graph.inputs) {
      const io = { blobs, clock, random, log, prefix: this.#keys.source(uid) }
      for (const open of cuts[uid]?.splits ?? []) {
        const split = JSON.stringify(open)
        const sealed = sealedSplit(ends, uid, split)
        const ended = sealed === undefined ? (end: Json): void => void ((this.ends[uid] ??= {})[split] = end) : null
        yield {
          source: uid,
          split,
          chunks: readSplit<unknown>({ uid, source: source, split: sealed ?? open, io, ended }),
        }
      }
    }
  }
}
