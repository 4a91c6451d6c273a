import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../lib/adapters/local/manual-clock.ts'
import type { ListedFile } from '../../lib/source/file-selection.ts'
import { Oldest, Sieve, walk } from '../../lib/source/file-sieve.ts'
import { NOTHING_SEEN, SeenFiles } from '../../lib/source/seen-files.ts'
import { memoryIo } from '../../lib/testing/contracts/source.ts'

const file = (path: string, mtimeMs = 0): ListedFile => ({ path, mtimeMs, size: 1, etag: `of ${path} at ${mtimeMs}` })

/** A sieve of a stream that began at 10,000, as this machine's clock has it, which shows `now`. */
async function sieveAt(now: number, leavesOutOld: boolean): Promise<Sieve> {
  const io = { ...memoryIo(), clock: new ManualClock(now) }
  const seen = await new SeenFiles().open(NOTHING_SEEN, io, { lookup: true })
  const request = { time: 13_000, intervalMs: 1000, zeroTime: 0, startedAt: 10_000, position: null, limit: null, io }
  return new Sieve(seen, request, leavesOutOld)
}

test('a store of its own clock, in whole seconds, has what came in the second in which the stream began', async () => {
  for (const [now, clockMs, first] of [
    [12_500, 112_700, 110_000],
    [12_500, 112_499, 109_000],
    [10_000, 7_999, 7_000],
    [9_000, 50_300, 50_000],
  ] as const) {
    const sieve = await sieveAt(now, true)
    sieve.setClock(clockMs)
    sieve.setClock(clockMs + 60_000)
    assert.equal(sieve.created, first)
    const times = [first - 1000, first, first + 1000]
    assert.deepEqual(
      times.filter((mtimeMs) => sieve.isNew(file(`at ${mtimeMs}`, mtimeMs))),
      [first, first + 1000],
    )
    assert.equal(sieve.old.count, 1)
  }
})

test('where the store shows no clock, what has the very time of the beginning was there before', async () => {
  const sieve = await sieveAt(12_500, true)
  assert.deepEqual(
    [9_999, 10_000, 10_001].filter((mtimeMs) => sieve.isNew(file(`at ${mtimeMs}`, mtimeMs))),
    [10_001],
  )
})

test('a walk ends behind a name as its bytes have it, and with as many files as are wanted', async () => {
  // In UTF-16 the last one comes before the second.
  const names = ['a', '\uff5e', '\u{1f600}']
  async function* pages(after: string) {
    const files = names.slice(names.indexOf(after) + 1).map((name) => file(name))
    yield { files, more: false, last: names[2] }
  }
  const found = async (choice: Partial<Parameters<typeof walk>[2]>): Promise<readonly unknown[]> => {
    const walked = await walk(pages, await sieveAt(12_500, false), { after: '', pagesMax: 5, ...choice })
    return [walked.found.map(({ path }) => path).join(' '), walked.after, walked.isOver]
  }
  assert.deepEqual(await found({}), [names.join(' '), names[2], true])
  assert.deepEqual(await found({ upTo: names[1] }), [`${names[0]} ${names[1]}`, names[1], true])
  assert.deepEqual(await found({ max: 2 }), [`${names[0]} ${names[1]}`, names[1], false])
  assert.deepEqual(await found({ max: 3 }), [names.join(' '), names[2], true])
})

test('of any number the oldest files are taken, those of one time by name, and it is known what is left', () => {
  const oldest = new Oldest(3)
  for (let i = 0; i < 2500; i++) oldest.add(file(`f${1000 + (i ^ 1)}`, 1000 + Math.floor((2499 - i) / 2)))
  assert.deepEqual(
    oldest.files().map(({ path, mtimeMs }) => [path, mtimeMs]),
    [
      ['f3498', 1000],
      ['f3499', 1000],
      ['f3496', 1001],
    ],
  )
  assert.deepEqual(oldest.left, { kind: 'some', newestMs: 2249 })
})
