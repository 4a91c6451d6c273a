import assert from 'node:assert/strict'
import type { ManualClock } from '../../adapters/local/manual-clock.ts'
import type { Json } from '../../model/json.ts'
import type { Cut } from '../../model/manifest.ts'
import type { SourceProgress } from '../../model/source-progress.ts'
import type { Source, SourceIo } from '../../source/source.ts'
import { SourcePort } from '../../source/source-port.ts'

/** A source under test, together with whoever feeds it. */
export interface SourceUnderTest {
  /** The source, as the first process has it. */
  readonly source: Source<unknown>
  /** Its clock; the suite moves it. */
  readonly clock: ManualClock
  /** What the engine gives it; `memoryIo(clock)` will do. */
  readonly io: SourceIo
  /** Makes `records` arrive, all of them before the next cut. */
  feed(records: readonly string[]): Promise<void>
  /** The source as another process would have it after a crash, if it can go on at all. */
  restarted?(position: Json | null): Promise<Source<unknown>>
}

const INTERVAL_MS = 1000

/**
 * The engine's side, as far as a source sees it: one batch after the other, each from the position of the last
 * committed one, and every call through the port that the engine calls it through.
 */
export class Batches {
  readonly #under: SourceUnderTest
  #source: Source<unknown>
  #position: Json | null = null

  constructor(under: SourceUnderTest) {
    this.#under = under
    this.#source = under.source
  }

  get source(): Source<unknown> {
    return this.#source
  }

  get #port(): SourcePort<unknown> {
    return new SourcePort(this.#source.name, this.#source)
  }

  async feed(records: readonly string[]): Promise<void> {
    if (records.length > 0) await this.#under.feed(records)
  }

  /** The next batch, which is not committed. */
  async cut(limit: number | null = null): Promise<Cut> {
    const cut = await this.open(limit)
    return this.#source.discovers ? this.sealed(cut) : cut
  }

  /** A cut as the source gives it, whose splits may have no ends. */
  async open(limit: number | null = null): Promise<Cut> {
    const { clock, io } = this.#under
    await clock.advance(INTERVAL_MS - (clock.now() % INTERVAL_MS))
    const cut = await this.#port.cut({
      time: clock.now(),
      intervalMs: INTERVAL_MS,
      zeroTime: 0,
      position: this.#position,
      limit,
      io,
    })
    assert.ok(cut, 'a source of this kind has a batch at every time')
    return cut
  }

  /** The cut with the ends that reading its splits now finds. */
  async sealed(cut: Cut): Promise<Cut> {
    const ends: Json[] = []
    for (const split of cut.splits) {
      const before = ends.length
      // eslint-disable-next-line @typescript-eslint/no-unused-vars
      for await (const _ of this.#source.read(split, this.#under.io, (end) => ends.push(end)));
      assert.equal(ends.length, before + 1, 'a split that is read to its end has one end')
    }
    return { ...cut, splits: ends, position: this.after(cut, { splits: ends }) }
  }

  /** Where the batch after this one goes on, of which these splits with their ends were read. */
  after({ position }: Cut, { splits }: Pick<Cut, 'splits'>): Json {
    return this.#port.sealed(position, splits)
  }

  /** The next batch, which the one after it goes on from. */
  async next({ from = this.#position, limit = null }: Partial<Place> = {}): Promise<Cut> {
    this.#position = from
    const cut = await this.cut(limit)
    this.#position = cut.position
    return cut
  }

  async committed(): Promise<void> {
    assert.ok(this.#position !== null)
    await this.#port.committed(this.#position, this.#under.io)
  }

  async restart(): Promise<boolean> {
    if (!this.#under.restarted) return false
    this.#source = await this.#under.restarted(this.#position)
    return true
  }

  /** The records of the batch, in order. */
  async read({ splits }: Pick<Cut, 'splits'>): Promise<unknown[]> {
    const records: unknown[] = []
    for (const split of splits) for await (const chunk of this.#port.read(split, this.#under.io)) records.push(...chunk)
    return records
  }

  /** As a task that fails at what it was given first. */
  async readBegin({ splits }: Pick<Cut, 'splits'>): Promise<void> {
    // eslint-disable-next-line @typescript-eslint/no-unused-vars
    for (const split of splits) for await (const _ of this.#port.read(split, this.#under.io)) break
  }

  /** As a task that says what it will read, and ends. */
  async ahead({ splits }: Cut, reads: () => Promise<void>): Promise<void> {
    const end = this.#port.ahead(splits, this.#under.io)
    await reads()
    await end()
  }

  /** What the source says of the batch. */
  said(cut: Cut): { readonly progress: SourceProgress | null; readonly weights: readonly (number | null)[] } {
    return { progress: this.#port.progress(cut), weights: cut.splits.map((split) => this.#port.weight(split)) }
  }
}

interface Place {
  readonly from: Json | null
  readonly limit: number | null
}
