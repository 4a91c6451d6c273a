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
import { Batches, type SourceUnderTest } from './source-batches.ts'

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

  promise('two tasks that read a split at the same time get all of it each', async (batches) => {
    await batches.feed(['a', 'b', 'c'])
    const cut = await batches.cut()
    const both = await Promise.all([batches.read(cut), batches.read(cut)])
    assert.deepEqual(both, [
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ])
  })

  promise('a split that a task began and did not end is read from its beginning by the next one', async (batches) => {
    await batches.feed(['a', 'b', 'c'])
    const cut = await batches.cut()
    await batches.readBegin(cut)
    assert.deepEqual(await batches.read(cut), ['a', 'b', 'c'])
  })

  promise('splits do not know each other: in whatever order they are read, each gives its own', async (batches) => {
    const splits: Json[] = []
    for (const arriving of [['a', 'b'], ['c'], ['d', 'e']]) {
      await batches.feed(arriving)
      splits.push(...(await batches.next()).splits)
    }
    const backwards: unknown[][] = []
    for (const split of splits.toReversed()) backwards.unshift(await batches.read({ splits: [split] }))
    assert.deepEqual(backwards.flat(), ['a', 'b', 'c', 'd', 'e'])
  })

  promise('a cut is plain data: it means the same after a trip through JSON', async (batches) => {
    await batches.feed(['a', 'b'])
    const cut = asJson(await batches.next())
    assert.deepEqual(await batches.read(cut), ['a', 'b'])
    await batches.feed(['c'])
    assert.deepEqual(await batches.read(await batches.next({ from: cut.position })), ['c'])
  })

  promise('what a source is given stays as it is', async (batches) => {
    await batches.feed(['a', 'b'])
    const cut = await batches.next()
    const before = structuredClone(cut)
    await batches.read(cut)
    await batches.feed(['c'])
    await batches.cut()
    assert.deepEqual(cut, before)
  })

  promise('what comes after a cut is not in it, and is of the next one', async (batches) => {
    await batches.feed(['a'])
    const cut = await batches.next()
    await batches.feed(['b'])
    assert.deepEqual(await batches.read(cut), ['a'])
    assert.deepEqual(await batches.read(await batches.next()), ['b'])
    assert.deepEqual(await batches.read(cut), ['a'])
  })

  promise('where a cut says how many records it has, it has as many', async (batches) => {
    for (const arriving of [[], ['a'], ['b', 'c', 'd'], []]) {
      await batches.feed(arriving)
      const { records } = await batches.next()
      if (records !== null) assert.equal(records, arriving.length)
    }
  })

  promise('a limit loses nothing: what it leaves is of the next batches, in its order', async (batches) => {
    await batches.feed(['a', 'b', 'c', 'd', 'e'])
    const got: unknown[] = []
    for (let batch = 0; batch < 6; batch++) got.push(...(await batches.read(await batches.next({ limit: 1 }))))
    assert.deepEqual(got, ['a', 'b', 'c', 'd', 'e'])
  })

  promise('what it says of a cut is no less than nothing, plain, and the same when asked again', async (batches) => {
    for (const arriving of [['a'], [], ['b', 'c']]) {
      await batches.feed(arriving)
      const cut = await batches.next()
      const said = batches.said(cut)
      assert.deepEqual(batches.said(cut), said)
      assertPlausible(said)
    }
  })

  promise('what a task reads ahead can be seen in nothing but what it reads', async (batches) => {
    await batches.feed(['a', 'b'])
    const cut = await batches.next()
    await batches.ahead(cut, async () => {})
    await batches.ahead(cut, async () => assert.deepEqual(await batches.read(cut), ['a', 'b']))
    assert.deepEqual(await batches.read(cut), ['a', 'b'])
    await batches.feed(['c'])
    assert.deepEqual(await batches.read(await batches.next()), ['c'])
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
    'what a committed batch alone needed may be deleted; the batch after it can still be read',
    async (batches) => {
      await batches.feed(['a'])
      await batches.next()
      await batches.feed(['b'])
      const cut = await batches.cut()
      await batches.feed(['c'])
      await batches.committed()
      await batches.committed()
      assert.deepEqual(await batches.read(cut), ['b'])
      assert.deepEqual(await batches.read(await batches.next({ from: cut.position })), ['c'])
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

  promise('another process reads what this one has cut, and looks at the same place', async (batches) => {
    await batches.feed(['a'])
    await batches.next()
    await batches.feed(['b', 'c'])
    const cut = await batches.cut()
    const { identity } = batches.source
    if (!(await batches.restart())) return
    assert.equal(batches.source.identity, identity)
    assert.deepEqual(await batches.read(asJson(cut)), ['b', 'c'])
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
      assert.deepEqual(await batches.read(await batches.next({ from: early.position })), ['c'])
      assert.deepEqual(await batches.read(await batches.next({ from: late.position })), [])
    })

    promise('a split that has its end says the same end again', async (batches) => {
      await batches.feed(['a'])
      const cut = await batches.sealed(await batches.open())
      await batches.feed(['b'])
      assert.deepEqual(await batches.sealed(cut), cut)
    })

    promise('where the next batch goes on follows from the ends alone', async (batches) => {
      const cut = await batches.open()
      await batches.feed(['a'])
      const early = await batches.sealed(cut)
      await batches.feed(['b'])
      await batches.sealed(cut)
      assert.deepEqual(batches.after(cut, early), early.position)
      if (await batches.restart()) assert.deepEqual(batches.after(asJson(cut), asJson(early)), early.position)
    })

    promise('splits that nobody read are read by the next batch', async (batches) => {
      await batches.feed(['a', 'b'])
      const { position } = await batches.sealed({ ...(await batches.open()), splits: [] })
      assert.deepEqual(await batches.read(await batches.next({ from: position })), ['a', 'b'])
    })
  }
}

/** As it is kept with a batch. */
const asJson = (cut: Cut): Cut => JSON.parse(JSON.stringify(cut)) as Cut

function assertPlausible({ progress, weights }: ReturnType<Batches['said']>): void {
  for (const weight of weights) assertMeasure(weight)
  if (progress === null) return
  assert.deepEqual(JSON.parse(JSON.stringify(progress)), progress)
  assertMeasure(progress.lagRecords)
  assertMeasure(progress.lagMs)
}

const assertMeasure = (measure: number | null): void =>
  assert.ok(measure === null || (Number.isFinite(measure) && measure >= 0), `${measure}`)

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
