import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { silentLog } from '../../host/log.ts'
import { MemoryBlobStore } from '../../adapters/local/blob-memory.ts'
import { ManualClock } from '../../adapters/local/manual-clock.ts'
import { SeededRandom } from '../../adapters/local/seeded-random.ts'
import type { Json } from '../../model/json.ts'
import type { Cut } from '../../model/manifest.ts'
import type { Source, SourceIo } from '../../source/source.ts'

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

/** Where a source is not like the others. */
export interface SourceTraits {
  /** Whether where its splits end is found by reading them (`Source.discovers`). */
  readonly discovers?: boolean
}

/**
 * What every source has to hold. `create` makes a source without input for each test; batches are a second long, from
 * time 0.
 */
export const sourceContract = (
  name: string,
  create: (t: TestContext) => Promise<SourceUnderTest>,
  { discovers = false }: SourceTraits = {},
): void => {
  const promise = (title: string, body: (batches: Batches) => Promise<void>): void => {
    test(`${name}: ${title}`, async (t) => body(new Batches(await create(t))))
  }

  promise('a split that is read twice gives the same records in the same order', async (batches) => {
    await batches.feed(['a', 'b', 'c'])
    const cut = await batches.cut()
    assert.deepEqual(await batches.read(cut), ['a', 'b', 'c'])
    assert.deepEqual(await batches.read(cut), ['a', 'b', 'c'])
  })

  promise('a split is plain data: it means the same after a trip through JSON', async (batches) => {
    await batches.feed(['a', 'b'])
    const cut = await batches.cut()
    assert.deepEqual(await batches.read(JSON.parse(JSON.stringify(cut)) as Cut), ['a', 'b'])
  })

  promise('batch after batch, every record comes once', async (batches) => {
    const got: unknown[][] = []
    for (const arriving of [['1', '2'], [], ['3'], ['4', '5', '6'], []]) {
      await batches.feed(arriving)
      got.push(await batches.read(await batches.next()))
    }
    assert.deepEqual(got, [['1', '2'], [], ['3'], ['4', '5', '6'], []])
  })

  promise('a batch without input has no records, and a position to go on from', async (batches) => {
    const cut = await batches.next()
    if (!discovers) assert.deepEqual(cut.splits, [])
    assert.deepEqual(await batches.read(cut), [])
    assert.notEqual(cut.position, null)
    await batches.feed(['a'])
    assert.deepEqual(await batches.read(await batches.next()), ['a'])
  })

  promise(
    'what a batch took that was never committed comes again with the next cut from the same position',
    async (batches) => {
      await batches.feed(['a'])
      await batches.next()
      await batches.feed(['b'])
      const lost = await batches.cut()
      assert.deepEqual(await batches.read(lost), ['b'])
      assert.deepEqual(await batches.read(await batches.next()), ['b'])
      assert.deepEqual(await batches.read(await batches.next()), [])
    },
  )

  promise(
    'what a committed batch alone needed may be deleted; the batch before it is committed can still be read',
    async (batches) => {
      await batches.feed(['a'])
      await batches.next()
      await batches.committed()
      await batches.feed(['b'])
      const cut = await batches.next()
      await batches.feed(['c'])
      assert.deepEqual(await batches.read(cut), ['b'])
      await batches.committed()
      await batches.committed()
      assert.deepEqual(await batches.read(await batches.next()), ['c'])
    },
  )

  promise('after a crash another process gives every record that no committed batch has, once', async (batches) => {
    await batches.feed(['a'])
    await batches.next()
    await batches.feed(['b'])
    await batches.cut()
    if (!(await batches.restart())) return
    assert.deepEqual(await batches.read(await batches.next()), ['b'])
    assert.deepEqual(await batches.read(await batches.next()), [])
  })

  if (discovers) {
    promise('two readings may end in different places, and each end holds', async (batches) => {
      const cut = await batches.open()
      await batches.feed(['a', 'b'])
      const early = await batches.sealed(cut)
      await batches.feed(['c'])
      const late = await batches.sealed(cut)
      assert.deepEqual(
        [await batches.read(early), await batches.read(late)],
        [
          ['a', 'b'],
          ['a', 'b', 'c'],
        ],
      )
      assert.deepEqual(
        [await batches.read(early), await batches.read(late)],
        [
          ['a', 'b'],
          ['a', 'b', 'c'],
        ],
      )
      assert.deepEqual(await batches.read(await batches.next(early.position)), ['c'])
      assert.deepEqual(await batches.read(await batches.next(late.position)), [])
    })

    promise('a split that has its end says the same end again', async (batches) => {
      await batches.feed(['a'])
      const cut = await batches.sealed(await batches.open())
      await batches.feed(['b'])
      assert.deepEqual(await batches.sealed(cut), cut)
    })

    promise('splits that nobody read are read by the next batch', async (batches) => {
      await batches.feed(['a', 'b'])
      const { position } = await batches.sealed({ ...(await batches.open()), splits: [] })
      assert.deepEqual(await batches.read(await batches.next(position)), ['a', 'b'])
    })
  }
}

/**
 * The engine's side, as far as a source sees it: one batch after the other, each from the position of the last
 * committed one.
 */
class Batches {
  readonly #under: SourceUnderTest
  #source: Source<unknown>
  #position: Json | null = null

  constructor(under: SourceUnderTest) {
    this.#under = under
    this.#source = under.source
  }

  async feed(records: readonly string[]): Promise<void> {
    if (records.length > 0) await this.#under.feed(records)
  }

  /** The next batch, which is not committed. */
  async cut(): Promise<Cut> {
    const cut = await this.open()
    return this.#source.discovers ? this.sealed(cut) : cut
  }

  /** A cut as the source gives it, whose splits may have no ends. */
  async open(): Promise<Cut> {
    const { clock, io } = this.#under
    await clock.advance(INTERVAL_MS - (clock.now() % INTERVAL_MS))
    const cut = await this.#source.cut({
      time: clock.now(),
      intervalMs: INTERVAL_MS,
      zeroTime: 0,
      position: this.#position,
      limit: null,
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
    return { ...cut, splits: ends, position: this.#source.sealed!(cut.position, ends) }
  }

  async next(from: Json | null = this.#position): Promise<Cut> {
    this.#position = from
    const cut = await this.cut()
    this.#position = cut.position
    return cut
  }

  async committed(): Promise<void> {
    await this.#source.committed?.(this.#position, this.#under.io)
  }

  async restart(): Promise<boolean> {
    if (!this.#under.restarted) return false
    this.#source = await this.#under.restarted(this.#position)
    return true
  }

  async read(cut: Cut): Promise<unknown[]> {
    return readAll(this.#source, cut.splits, this.#under.io)
  }
}

/** The records of some splits, in order. */
export async function readAll<T>(source: Source<T>, splits: readonly Json[], io: SourceIo): Promise<T[]> {
  const records: T[] = []
  for (const split of splits) for await (const chunk of source.read(split, io)) records.push(...chunk)
  return records
}

/** Ports in memory, under a clock that stands still. */
export const memoryIo = (clock: ManualClock = new ManualClock(), seed = 1): SourceIo => ({
  blobs: new MemoryBlobStore(),
  clock,
  random: new SeededRandom(seed),
  log: silentLog,
  prefix: 'app/1/rcv/in/',
})
