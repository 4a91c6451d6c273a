import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'node:test'
import type { EngineEvent } from '../../lib/model/events.ts'
import type { SourceProgress } from '../../lib/model/source-progress.ts'
import { FileCutter, type FilePosition } from '../../lib/source/file-cut.ts'
import type { ListedFile } from '../../lib/source/file-selection.ts'
import { fileProgress } from '../../lib/source/file-progress.ts'
import { wholeFile } from '../../lib/source/file-splits.ts'
import type { SourceIo } from '../../lib/source/source.ts'
import type { Arrivals, StoreChoice } from '../../lib/source/unseen-files.ts'
import { memoryIo } from '../../lib/testing/contracts/source.ts'
import { ScriptedStore } from './scripted-lister.ts'

const file = (path: string, mtimeMs: number, etag?: string): ListedFile => ({
  path,
  mtimeMs,
  size: 1,
  ...(etag === undefined ? {} : { etag }),
})

/** Batches over a store that shows what a test says, each by a process that knows the position only. */
class Batches {
  position: FilePosition | null = null
  progress: SourceProgress | null = null
  readonly io: SourceIo
  readonly said: EngineEvent[] = []
  time = 0
  intervalMs = 1000
  readonly #choice: StoreChoice

  constructor(choice: StoreChoice = {}, io: SourceIo = memoryIo()) {
    this.#choice = choice
    this.io = { ...io, log: { event: (event) => this.said.push(event) } }
  }

  async next(store: ScriptedStore): Promise<string[]> {
    this.time += this.intervalMs
    const cutter = new FileCutter('d', store.lister, { select: 'seen', ...this.#choice }, (each) => [wholeFile(each)])
    const request = { time: this.time, intervalMs: 1000, zeroTime: 0, limit: null, io: this.io }
    const { position, splits, newest } = await cutter.cut({ ...request, position: this.position })
    this.position = JSON.parse(JSON.stringify(position)) as FilePosition
    this.progress = fileProgress(this.position, newest)
    await cutter.committed(this.position, this.io)
    return splits.map(({ path }) => path)
  }

  /** What was said of files, as `reason or type: how many`. */
  get spoken(): string[] {
    return this.said.flatMap((event) => {
      if (event.type === 'source-left-out') return [`${event.reason}: ${event.files}`]
      return event.type === 'source-late' ? [`late: ${event.files}`] : []
    })
  }
}

/** A store of these files. */
function holding(files: readonly ListedFile[], more: { readonly forgets?: true } = {}): ScriptedStore {
  const byPath = new Map(files.map((each) => [each.path, each]))
  return new ScriptedStore([...byPath.keys()].sort(), (path) => byPath.get(path)!, more)
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `d/${String(from + i).padStart(7, '0')}`)

test('F54: every file comes once, however old it looks when it appears; a replaced object is a new one', async () => {
  const batches = new Batches()
  assert.deepEqual(await batches.next(holding([file('b', 2, 'b1'), file('a', 1, 'a1')])), ['a', 'b'])
  const next = holding([file('a', 1, 'a1'), file('b', 3, 'b2'), file('c', 0, 'c1')])
  assert.deepEqual([await batches.next(next), batches.spoken], [['c', 'b'], []])
})

test('a file without identity that changes is named and not read again; its name is kept for ever', async () => {
  const batches = new Batches()
  await batches.next(holding([file('a', 1)]))
  await batches.next(holding(Array.from({ length: 300 }, (_, i) => file(`f${i}`, i))))
  assert.deepEqual(await batches.next(holding([file('a', 2), file('new', 0)])), ['new'])
  assert.deepEqual(batches.spoken, ['changed: 1'])
})

test('files that an earlier version took, which kept no names, are known by name from then on', async () => {
  const content = hash('sha256', 'a\x001\x001', 'base64url').slice(0, 12)
  const batches = new Batches()
  batches.position = { created: 0, seen: { object: null, recent: [content] } }
  assert.deepEqual([await batches.next(holding([file('a', 1)])), batches.spoken], [[], []])
  assert.deepEqual([await batches.next(holding([file('a', 2)])), batches.spoken], [[], ['changed: 1']])
})

test('what an earlier version kept in one object is known, and goes into pieces', async () => {
  const batches = new Batches()
  const files = Array.from({ length: 400 }, (_, i) => file(`f${i}`, i, 'x'))
  const marks = files.map(({ path }) => hash('sha256', `${path}\0x\x001`, 'base64url').slice(0, 12))
  const object = `${batches.io.prefix}seen/000000000390-old`
  await batches.io.blobs.putNew(object, Buffer.from(marks.slice(0, 390).join(''), 'base64url'))
  batches.position = { created: 0, seen: { object, recent: marks.slice(390) } }
  const more = Array.from({ length: 300 }, (_, i) => file(`g${i}`, i, 'x'))
  assert.equal((await batches.next(holding([...files, ...more]))).length, 300)
  assert.deepEqual(await batches.next(holding([...files, ...more])), [])
  assert.equal((await batches.io.blobs.list(batches.io.prefix)).includes(object), false)
})

test('the etag is what counts where there is one', async () => {
  const batches = new Batches()
  await batches.next(holding([file('a', 1, 'x')]))
  assert.deepEqual(await batches.next(holding([file('a', 2, 'x')])), [])
})

test('at most so many files per batch, the oldest first; none is forgotten', async () => {
  const batches = new Batches({ maxFilesPerBatch: 3 })
  const all = holding(Array.from({ length: 10 }, (_, i) => file(`f${i}`, 100 - i)))
  const got: string[][] = []
  for (let i = 0; i < 5; i++) got.push(await batches.next(all))
  assert.deepEqual(got, [['f9', 'f8', 'f7'], ['f6', 'f5', 'f4'], ['f3', 'f2', 'f1'], ['f0'], []])
})

test('the lag is how much older than the newest file that waits the last one is that was taken', async () => {
  const at = (seconds: number): string => new Date(seconds * 1000).toISOString()
  const store = holding([5, 1, 3, 9].map((second) => file(`d/${second}`, second * 1000)))
  const batches = new Batches({ maxFilesPerBatch: 2 })
  await batches.next(store)
  const behind = { committed: at(3), newest: at(9), lagRecords: null, lagMs: 6000 }
  assert.deepEqual(batches.progress, behind)
  await batches.next(store)
  const atTheEnd = { committed: at(9), newest: at(9), lagRecords: 0, lagMs: 0 }
  assert.deepEqual(batches.progress, atTheEnd)
  await batches.next(store)
  assert.deepEqual(batches.progress, atTheEnd, 'a batch without new files')
})

test('who does not look at everything knows of a lag, and not how long it is', async () => {
  const names = numbered(0, 5)
  const batches = new Batches({ order: 'names', maxFilesPerBatch: 3 })
  await batches.next(new ScriptedStore(names))
  const { newest, lagRecords, lagMs } = batches.progress!
  assert.deepEqual([newest, lagRecords, lagMs], [null, null, null])
  await batches.next(new ScriptedStore(names))
  assert.deepEqual([batches.progress!.lagRecords, batches.progress!.lagMs], [0, 0])
})

test('F56: objects that are gone are forgotten once most are for a day, where gone is gone for good', async () => {
  for (const forgets of [true, false]) {
    const batches = new Batches()
    batches.intervalMs = 24 * 3_600_000
    for (let day = 0; day < 5; day++)
      await batches.next(
        new ScriptedStore(numbered(day * 4000, day * 4000 + 4000), undefined, forgets ? { forgets } : {}),
      )
    const { seen } = batches.position as { seen: { pieces: readonly { count: number }[]; recent: readonly string[] } }
    const count = seen.pieces.reduce((sum, piece) => sum + piece.count, seen.recent.length)
    assert.ok(forgets ? count <= 16_384 : count === 20_000, `${count} with ${forgets}`)
    assert.deepEqual(await batches.next(new ScriptedStore(numbered(16_000, 20_000))), [])
  }
})

test('names: batches look behind the last name only; what came with a lesser one is read within the hour', async () => {
  const batches = new Batches({ order: 'names', relistMs: 10_000 })
  assert.deepEqual(await batches.next(new ScriptedStore(['a', 'd'])), ['a', 'd'])
  assert.deepEqual(await batches.next(new ScriptedStore(['a', 'b', 'd', 'e'])), ['e'])
  const got: string[] = []
  for (let i = 0; i < 12; i++) got.push(...(await batches.next(new ScriptedStore(['a', 'b', 'c', 'd', 'e', 'f']))))
  assert.deepEqual(got, ['f', 'b', 'c'])
  assert.deepEqual(batches.spoken, ['late: 2'])
})

test('names: an object that is overwritten is read when everything is listed', async () => {
  const batches = new Batches({ order: 'names', relistMs: 3000 })
  await batches.next(holding([file('a', 1, '1'), file('b', 1, '1')]))
  const got: string[][] = []
  for (let i = 0; i < 4; i++) got.push(await batches.next(holding([file('a', 1, '2'), file('b', 1, '1')])))
  assert.deepEqual(got.flat(), ['a'])
})

test('names: what was there before the stream stays out, whatever the number of batches that takes', async () => {
  const batches = new Batches({ order: 'names', newFilesOnly: true, maxFilesPerBatch: 2, relistMs: 4000 })
  const old = numbered(0, 9000).map((path) => file(path, 0, 'x'))
  const store = (...more: ListedFile[]): ScriptedStore => holding([...old, ...more], { forgets: true })
  const got: string[][] = []
  for (let i = 0; i < 12; i++) got.push(await batches.next(store(file('d/9', 5000, 'x'), file('d/8', 5000, 'x'))))
  assert.deepEqual(got.flat(), ['d/8', 'd/9'])
  // Appeared since, with an old time.
  assert.deepEqual(await batches.next(store(file('d/9a', 0, 'x'))), ['d/9a'])
})

test('what tells of a file that was overwritten since may be forgotten with its last version', async () => {
  for (const searches of [true, false]) {
    const [earlier, last] = [file('d/a', 1, '1'), file('d/a', 2, '2')]
    let told: readonly ListedFile[] = []
    const arrivals: Arrivals = {
      take: async () => told,
      committed: async (isTaken) => void (told = told.filter((each) => !isTaken(each))),
    }
    const batches = new Batches()
    const store = (): ScriptedStore => new ScriptedStore(['d/a'], () => earlier, { arrivals, forgets: true })
    // The first batch lists everything: it finds the earlier one by itself.
    if (!searches) await batches.next(new ScriptedStore([], undefined, { arrivals, forgets: true }))
    told = searches ? [last] : [earlier, last]
    assert.deepEqual(await batches.next(store()), ['d/a'])
    told = [earlier, ...told]
    assert.deepEqual(await batches.next(store()), [])
    assert.deepEqual(told, [])
  }
})

test('names: the position stays small while objects come and go, and all is read once', async () => {
  const batches = new Batches({ order: 'names', relistMs: 5000 })
  const seen = new Set<string>()
  for (let i = 0; i < 60; i++) {
    const recent = Math.max(0, i * 500 - 1000)
    // One in five hundred stays for good, also of those that came while everything was listed.
    const lasting = numbered(0, recent).filter((_, n) => n % 500 === 0)
    const store = new ScriptedStore([...lasting, ...numbered(recent, (i + 1) * 500)])
    for (const path of await batches.next(store)) {
      assert.ok(!seen.has(path), path)
      seen.add(path)
    }
    assert.ok(store.lists <= 5, `${store.lists} requests`)
    assert.ok(JSON.stringify(batches.position).length < 9000)
  }
  assert.deepEqual([...seen].sort(), numbered(0, 30_000))
  const bytes = await Promise.all(
    (await batches.io.blobs.list(batches.io.prefix)).map((key) => batches.io.blobs.get(key)),
  )
  const kept = bytes.reduce((sum, { length }) => sum + length, 0) / 9
  assert.ok(kept < 12_000, `${kept} marks are kept`)
})

test('names: what a search has met stays until it is over, also while batches write pieces of their own', async () => {
  const batches = new Batches({ order: 'names', relistMs: 1, maxFilesPerBatch: 20_000 })
  const got: string[] = []
  for (let i = 0; i < 12; i++) got.push(...(await batches.next(new ScriptedStore(numbered(0, 10_000 + 100 * i)))))
  assert.deepEqual(got, numbered(0, 11_100))
})

test('F56: of a million objects, a batch costs at most five requests and the process 128 MB', async () => {
  const script = join(import.meta.dirname, 'million-objects.ts')
  const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=64', script])
  const { taken, late, lists, positionBytes, heldMb } = JSON.parse(stdout) as Record<string, number>
  assert.deepEqual({ taken, late }, { taken: 1_000_010, late: 10 })
  assert.ok(lists <= 5, `${lists} requests`)
  assert.ok(positionBytes < 10_000, `${positionBytes} bytes of a position`)
  // Buffers; of the heap, the process would not have got more than 64 MB.
  assert.ok(heldMb < 64, `${heldMb} MB`)
})
