import { checkChunk, checkChunks, checkCut } from './check-cut.ts'
import type { Cut } from '../model/manifest.ts'
import type { Json } from '../model/json.ts'
import type { SourceProgress } from '../model/source-progress.ts'
import { SluiceError, thrownBy } from '../model/errors.ts'
import type { CutRequest, Ended, ReceiverEnvironment, Source, SourceIo } from './source.ts'

export type Chunks<T> = Iterable<readonly T[]> | AsyncIterable<readonly T[]>

/**
 * The only way in which the engine calls a source. Sources are anyone's: whatever one throws, of whatever class and
 * from whichever of its methods, leaves here as an error with the fault `source`, so that no record is blamed for it.
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
      return Symbol.asyncIterator in chunks ? guardedAsync(chunks, counted, failed) : guarded(chunks, counted, failed)
    } catch (error) {
      throw failed(error)
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
      return await call()
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

async function* guardedAsync<T>(
  chunks: AsyncIterable<readonly T[]>,
  counted: (chunk: readonly T[]) => void,
  failed: (error: unknown) => SluiceError,
): AsyncIterable<readonly T[]> {
  try {
    for await (const chunk of chunks) {
      counted(chunk)
      yield chunk
    }
  } catch (error) {
    throw failed(error)
  }
}
