import type { Cut } from '../model/manifest.ts'
import type { Json } from '../model/json.ts'
import type { SourceProgress } from '../model/source-progress.ts'
import { SluiceError, thrownBy } from '../model/errors.ts'
import { answerOf } from '../model/settled.ts'
import type { CutRequest, Ended, ReceiverEnvironment, Source, SourceIo } from './source.ts'

export type Chunks<T> = Iterable<readonly T[]> | AsyncIterable<readonly T[]>

/**
 * The only way in which the engine calls a source. Sources are anyone's: whatever one throws, of whatever class and
 * from whichever of its methods, leaves here as an error with the fault `source`, so that no record is blamed for it;
 * and what one answers is looked at before anything rests on it.
 */
export class SourcePort<T> {
  readonly #uid: string
  readonly #source: Source<T>

  constructor(uid: string, source: Source<T>) {
    this.#uid = uid
    this.#source = source
  }

  cut(request: CutRequest): Promise<Cut | null> {
    return this.#call('cut', async () => checkCut(await this.#source.cut(request), this.#source.name))
  }

  /**
   * The chunks of a split; `seen` hears of the records of each before it is handed on, `ended` of the end of a split
   * that had none before.
   */
  read(split: Json, io: SourceIo, seen: (records: number) => void = ignore, ended: Ended | null = null): Chunks<T> {
    const failed = (error: unknown): SluiceError => this.#failed('read', error)
    try {
      const chunks =
        this.#source.discovers && ended ? toItsEnd(this.#source, split, io, ended) : this.#source.read(split, io)
      checkChunks(chunks, this.#source.name)
      const counted = (chunk: readonly T[]): void => {
        checkChunk(chunk, this.#source.name)
        seen(chunk.length)
      }
      const call = `read() of the source "${this.#uid}"`
      return Symbol.asyncIterator in chunks
        ? guardedAsync(chunks, counted, failed, call)
        : guarded(chunks, counted, failed)
    } catch (error) {
      throw failed(error)
    }
  }

  /** Says which splits are about to be read; what is returned ends what the source has begun for it. */
  ahead(splits: readonly Json[], io: SourceIo): () => Promise<unknown> {
    try {
      return this.#source.ahead?.(splits, io) ?? (async () => {})
    } catch (error) {
      throw this.#failed('ahead', error)
    }
  }

  /** The position after a batch of which these splits were read, each up to its end. */
  sealed(position: Json, splits: readonly Json[]): Json {
    try {
      return this.#source.sealed!(position, splits)
    } catch (error) {
      throw this.#failed('sealed', error)
    }
  }

  /** How far a batch with this cut comes; `null` where the source does not say. */
  progress(cut: Cut): SourceProgress | null {
    try {
      return this.#source.progress?.(cut) ?? null
    } catch (error) {
      throw this.#failed('progress', error)
    }
  }

  /** About how many bytes it is to read the split; `null` where the source does not say. */
  weight(split: Json): number | null {
    try {
      return this.#source.weight?.(split) ?? null
    } catch (error) {
      throw this.#failed('weight', error)
    }
  }

  async committed(position: Json, io: SourceIo): Promise<void> {
    await this.#call('committed', async () => this.#source.committed?.(position, io))
  }

  async start(environment: ReceiverEnvironment): Promise<void> {
    await this.#call('start', async () => this.#source.receiver?.start(environment))
  }

  async stop(graceful: boolean): Promise<void> {
    await this.#call('stop', async () => this.#source.receiver?.stop(graceful))
  }

  async #call<R>(method: string, call: () => Promise<R>): Promise<R> {
    try {
      return await answerOf(`${method}() of the source "${this.#uid}"`, call())
    } catch (error) {
      throw this.#failed(method, error)
    }
  }

  #failed(method: string, error: unknown): SluiceError {
    const { name } = this.#source
    return thrownBy(
      'source',
      error,
      {
        code: 'E_SOURCE',
        about: `"${name}" failed in ${method}()`,
        did: 'no record was set aside for it; the input is read again',
        next: ['make what the source reads from reachable again, or mend the source'],
      },
      { operator: this.#uid },
    )
  }
}

const ignore = (): void => {}

/**
 * Reads on when whoever takes the records has seen enough of them (`take`): the batch took the whole split all the
 * same, and its end is where the next one goes on.
 */
async function* toItsEnd<T>(
  source: Source<T>,
  split: Json,
  io: SourceIo,
  ended: Ended,
): AsyncGenerator<readonly T[], void> {
  let end: Json | undefined
  const chunks = source.read(split, io, (sealed) => {
    end = sealed
  })
  const iterator = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]()
  let state: 'reading' | 'done' | 'failed' = 'reading'
  const next = async (): Promise<IteratorResult<readonly T[]>> => {
    state = 'failed'
    const result = await iterator.next()
    state = result.done ? 'done' : 'reading'
    return result
  }
  const finish = async (): Promise<void> => {
    while (state === 'reading') await next()
    if (state === 'failed') return
    if (end === undefined) throw endless(split)
    ended(end)
  }
  try {
    for (let each = await next(); !each.done; each = await next()) yield each.value
  } finally {
    await finish()
  }
}

const endless = (split: Json): SluiceError =>
  new SluiceError('E_SOURCE_END', 'A split was read to its end, but not where that is.', {
    where: { detail: JSON.stringify(split) },
    did: 'nothing of this attempt was used',
    next: ['a source with `discovers` calls `ended` after the last chunk of every split'],
  })

function* guarded<T>(
  chunks: Iterable<readonly T[]>,
  counted: (chunk: readonly T[]) => void,
  failed: (error: unknown) => SluiceError,
): Iterable<readonly T[]> {
  try {
    for (const chunk of chunks) {
      counted(chunk)
      yield chunk
    }
  } catch (error) {
    throw failed(error)
  }
}

/** The same chunks; while one is waited for, that is known. */
function answering<T>(chunks: AsyncIterable<T>, call: string): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = chunks[Symbol.asyncIterator]()
      return {
        next: () => answerOf(call, iterator.next()),
        return: async (value?: unknown) => (await iterator.return?.(value)) ?? { done: true, value },
      }
    },
  }
}

async function* guardedAsync<T>(
  chunks: AsyncIterable<readonly T[]>,
  counted: (chunk: readonly T[]) => void,
  failed: (error: unknown) => SluiceError,
  call: string,
): AsyncIterable<readonly T[]> {
  try {
    for await (const chunk of answering(chunks, call)) {
      counted(chunk)
      yield chunk
    }
  } catch (error) {
    throw failed(error)
  }
}

/**
 * What a source answered to `cut`, if it is `null` or a cut that can be kept. Anything else would be read as a position
 * of nowhere: the next batch would begin from the first record, or leave some out, without a word. Throws `E_SOURCE`.
 */
function checkCut(answer: unknown, name: string): Cut | null {
  if (answer === null) return null
  if (typeof answer !== 'object' || Array.isArray(answer)) throw wrong(name, `cut() answered ${kindOf(answer)}`)
  const { position, splits, records } = answer as Record<keyof Cut, unknown>
  const unfit = misfit(position, 'position') ?? (Array.isArray(splits) ? misfit(splits, 'splits') : noList(splits))
  if (unfit !== null) throw wrong(name, `cut() answered with ${unfit}`)
  if (records !== null && !(Number.isSafeInteger(records) && (records as number) >= 0))
    throw wrong(name, `cut() answered with records that are ${kindOf(records)}, and no whole number or null`)
  return answer as Cut
}

/** What a source gave to be read, if it can be walked. Throws `E_SOURCE`. */
function checkChunks(chunks: unknown, name: string): void {
  if (typeof chunks === 'object' && chunks !== null && (Symbol.iterator in chunks || Symbol.asyncIterator in chunks))
    return
  throw wrongRead(name, kindOf(chunks))
}

/** A piece of what was read, if it is a list of records. Throws `E_SOURCE`. */
function checkChunk(chunk: unknown, name: string): void {
  if (!Array.isArray(chunk) && !(ArrayBuffer.isView(chunk) && !(chunk instanceof DataView)))
    throw wrongRead(name, `a piece that is ${kindOf(chunk)}`)
}

const wrongRead = (name: string, what: string): SluiceError =>
  wrong(name, `read() gave ${what}, and no list of lists of records`, [
    'give lists of records: [[record, record], [record]]',
    'or write it as a generator, *read() or async *read(), that yields lists of records',
  ])

const wrong = (name: string, what: string, next: readonly string[] = []): SluiceError =>
  new SluiceError('E_SOURCE', `"${name}": ${what}.`, {
    did: 'nothing of it was used',
    next: next.length > 0 ? next : ['answer null where nothing is new, or { position, splits, records }'],
  })

const noList = (splits: unknown): string => `splits that are ${kindOf(splits)}, and no list`

/** Where a value would not come back from JSON as it is; `null`: it would. */
function misfit(value: unknown, path: string, above: readonly object[] = []): string | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return null
  if (typeof value !== 'object' || !isPlain(value)) return `a ${path} that is ${kindOf(value)}, and no JSON`
  if (above.includes(value)) return `a ${path} that holds itself`
  const inside = [...above, value]
  const entries = Array.isArray(value) ? value.entries() : Object.entries(value)
  for (const [step, item] of entries) {
    // A property that is missing stays missing.
    if (item === undefined && typeof step === 'string') continue
    const found = misfit(item, typeof step === 'string' ? `${path}.${step}` : `${path}[${step}]`, inside)
    if (found !== null) return found
  }
  return null
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
}

/** What it is, in words, without what is in it. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean')
    return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  if (Array.isArray(value)) return 'an array'
  if (isPlain(value)) return 'an object'
  return value instanceof Promise ? 'a promise' : `an instance of ${value.constructor.name || 'a class'}`
}
