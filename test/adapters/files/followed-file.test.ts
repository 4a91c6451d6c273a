import assert from 'node:assert/strict'
import { appendFile, copyFile, mkdir, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { followedFile } from '../../../lib/adapters/files/followed-file.ts'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import type { EngineEvent } from '../../../lib/model/events.ts'
import type { Json } from '../../../lib/model/json.ts'
import type { Cut } from '../../../lib/model/manifest.ts'
import type { FollowOptions } from '../../../lib/source/source-factories.ts'
import { memoryIo, readAll, sourceContract } from '../../../lib/testing/contracts/source.ts'
import { type Dice, withSeeds } from '../../support/dice.ts'
import { temporaryFolder } from '../local/temporary-folder.ts'

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

sourceContract('a followed file', async (t) => {
  const path = join(await temporaryFolder(t), 'log')
  await writeFile(path, '')
  const clock = new ManualClock()
  return {
    source: followedFile(path),
    clock,
    io: memoryIo(clock),
    feed: (records) => appendFile(path, textOf(records)),
    restarted: async () => followedFile(path),
  }
})

sourceContract('a followed file that is rotated before each batch', async (t) => {
  const path = join(await temporaryFolder(t), 'log')
  await writeFile(path, '')
  const clock = new ManualClock()
  let count = 0
  return {
    source: followedFile(path),
    clock,
    io: memoryIo(clock),
    feed: async (records) => {
      await rename(path, `${path}.${count++}`)
      await writeFile(path, textOf(records))
    },
    restarted: async () => followedFile(path),
  }
})

/** One process after the other over a file, each batch from the position of the one before. */
class Following {
  readonly path: string
  readonly said: string[] = []
  readonly #options: FollowOptions
  #source
  #position: Json | null = null
  #time = 0

  constructor(path: string, options: FollowOptions = {}) {
    this.path = path
    this.#options = options
    this.#source = followedFile(path, options)
  }

  static async in(t: TestContext, options?: FollowOptions): Promise<Following> {
    return new Following(join(await temporaryFolder(t), 'log'), options)
  }

  append = (text: string): Promise<void> => appendFile(this.path, text)
  rotate = async (to: string): Promise<void> => {
    // Files that are created in one moment have no order.
    await sleep(10)
    await rename(this.path, `${this.path}${to}`)
    await writeFile(this.path, '')
  }

  restart(): void {
    this.#source = followedFile(this.path, this.#options)
  }

  /** `ms` later. */
  async cut(ms = 1000, limit: number | null = null): Promise<Cut> {
    this.#time += ms
    const io = { ...memoryIo(), log: { event: (event: EngineEvent) => this.#hear(event) } }
    const request = { time: this.#time, intervalMs: 1000, zeroTime: 0, position: this.#position, limit, io }
    return this.#source.cut(request) as Promise<Cut>
  }

  #hear(event: EngineEvent): void {
    if (event.type === 'source-left-out' && event.level === 'warn') this.said.push(`${event.reason}: ${event.message}`)
  }

  async read(cut: Cut): Promise<string[]> {
    return readAll(this.#source, cut.splits, memoryIo())
  }

  async batch(ms?: number, limit?: number): Promise<string[]> {
    const cut = await this.cut(ms, limit)
    this.#position = JSON.parse(JSON.stringify(cut.position)) as Json
    return this.read(cut)
  }
}

test('a line counts once its line break is there, in whatever pieces it comes', async (t) => {
  const log = await Following.in(t)
  await log.append('one\ntw')
  assert.deepEqual(await log.batch(), ['one'])
  assert.deepEqual(await log.batch(), [])
  await log.append('o\r\nthree')
  assert.deepEqual(await log.batch(), ['two'])
  await log.append('\n\n')
  assert.deepEqual(await log.batch(), ['three', ''])
})

test('a file that is not there yet is read from its beginning once it is', async (t) => {
  const log = await Following.in(t, { from: 'end' })
  assert.deepEqual(await log.batch(), [])
  await log.append('one\n')
  assert.deepEqual(await log.batch(), ['one'])
  assert.deepEqual(log.said, [`missing: ${log.path} is not there yet; it is followed once it is`])
})

test('a file that is still not there when a program starts again is said to be waited for', async (t) => {
  const words = (path: string): string => `missing: ${path} is not there yet; it is followed once it is`
  const log = await Following.in(t)
  assert.deepEqual(await log.batch(), [])
  log.restart()
  for (let batch = 0; batch < 3; batch++) assert.deepEqual(await log.batch(), [])
  assert.deepEqual(log.said, [words(log.path), words(log.path)])
  await log.append('one\n')
  assert.deepEqual(await log.batch(), ['one'])
})

test('from the end: only what is appended from the first batch on, with the line that is being written', async (t) => {
  const log = await Following.in(t, { from: 'end' })
  await log.append('old\nbegun')
  assert.deepEqual(await log.batch(), [])
  await log.append(' and ended\nnew\n')
  log.restart()
  assert.deepEqual(await log.batch(), ['begun and ended', 'new'])
})

test('what is appended to a file after it was rotated away is read before the new file', async (t) => {
  const log = await Following.in(t)
  await log.append('one\n')
  assert.deepEqual(await log.batch(), ['one'])
  await log.append('two\n')
  await log.rotate('.1')
  await log.append('four\n')
  // The writer still has the old file open.
  await appendFile(`${log.path}.1`, 'three\n')
  assert.deepEqual(await log.batch(), ['two', 'three', 'four'])
  await appendFile(`${log.path}.1`, 'late\n')
  assert.deepEqual(await log.batch(), ['late'])
  assert.deepEqual(log.said, [])
})

test('files that came and went during a downtime are read in their order; packed ones are not', async (t) => {
  const log = await Following.in(t)
  await log.append('a\n')
  assert.deepEqual(await log.batch(), ['a'])
  await log.append('b\n')
  for (const line of ['c', 'd', 'e']) {
    for (const n of [2, 1]) await rename(`${log.path}.${n}`, `${log.path}.${n + 1}`).catch(() => {})
    await log.rotate('.1')
    await log.append(`${line}\n`)
  }
  await writeFile(`${log.path}.9.gz`, 'packed\n')
  await writeFile(`${log.path}ger`, 'another file\n')
  log.restart()
  assert.deepEqual(await log.batch(60_000), ['b', 'c', 'd', 'e'])
  assert.deepEqual(await log.batch(), [])
})

test('a last line without a line break is read ten seconds after the rotation, and the file let go', async (t) => {
  const log = await Following.in(t)
  await log.append('one\ntwo')
  assert.deepEqual(await log.batch(), ['one'])
  await log.rotate('.1')
  await log.append('three\n')
  assert.deepEqual(await log.batch(), ['three'])
  assert.deepEqual(await log.batch(9_000), [])
  assert.deepEqual(await log.batch(1_000), ['two'])
  await log.batch(1_000)
  const cut = (await log.cut(10_000)).position as { files: unknown[] }
  assert.equal(cut.files.length, 1)
})

test('a file that was truncated is read from its beginning, and what may be lost is said once', async (t) => {
  const log = await Following.in(t)
  await log.append('one\ntwo\n')
  assert.deepEqual(await log.batch(), ['one', 'two'])
  await truncate(log.path)
  await log.append('x\n')
  await log.cut()
  assert.deepEqual(await log.batch(), ['x'])
  const words = 'was truncated; what was appended behind byte 8 before that is not read'
  assert.deepEqual(log.said, [`truncated: ${log.path} ${words}`])
})

test('a file that was copied away and has grown beyond its old size is known by what stands in it', async (t) => {
  const log = await Following.in(t)
  await log.append('one\ntwo\n')
  assert.deepEqual(await log.batch(), ['one', 'two'])
  await copyFile(log.path, `${log.path}.1`)
  await truncate(log.path)
  await log.append('three\nfour\nfive\n')
  assert.deepEqual(await log.batch(), ['three', 'four', 'five'])
  assert.equal(log.said.length, 1)
})

test('a file that is gone is said, and a new one under its name is read from its beginning', async (t) => {
  const log = await Following.in(t)
  await log.append('one\n')
  assert.deepEqual(await log.batch(), ['one'])
  await unlink(log.path)
  assert.deepEqual(await log.batch(), [])
  await log.append('two\n')
  assert.deepEqual(await log.batch(), ['two'])
  assert.deepEqual(log.said, [`gone: ${log.path} is gone; what was appended behind byte 4 is not read`])
})

test('a batch that is read again after a rotation reads the same, under the new name', async (t) => {
  const log = await Following.in(t)
  await log.append('one\n')
  const cut = await log.cut()
  await log.append('two\n')
  await log.rotate('.1')
  await log.append('three\n')
  assert.deepEqual(await log.read(cut), ['one'])
  await rm(`${log.path}.1`)
  await assert.rejects(log.read(cut), (error) => hasCode(error, 'E_FILE_GONE'))
})

test('a link that leads to another file each day is followed from one to the next', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'days'))
  const [monday, tuesday] = ['monday', 'tuesday'].map((day) => join(folder, 'days', day))
  const log = new Following(join(folder, 'log'))
  await writeFile(monday, 'one\n')
  await symlink(monday, log.path)
  assert.deepEqual(await log.batch(), ['one'])
  await appendFile(monday, 'two\n')
  await writeFile(tuesday, 'three\n')
  await unlink(log.path)
  await symlink(tuesday, log.path)
  assert.deepEqual(await log.batch(), ['two', 'three'])
})

test('a batch takes no more lines than its limit, and no more bytes than asked for, but whole lines', async (t) => {
  const log = await Following.in(t, { maxBytesPerBatch: 10 })
  await log.append('1\n2\n3\n4\n5\n6\n7\na line that is longer than ten bytes\n8\n')
  assert.deepEqual(await log.batch(1000, 2), ['1', '2'])
  assert.deepEqual(await log.batch(1000), ['3', '4', '5', '6', '7'])
  assert.deepEqual(await log.batch(1000), ['a line that is longer than ten bytes'])
  assert.deepEqual(await log.batch(1000), ['8'])
})

test('a line that is longer than a batch may be waits for its end', async (t) => {
  const log = await Following.in(t, { maxBytesPerBatch: 10 })
  await log.append('1\na line that is longer')
  assert.deepEqual(await log.batch(), ['1'])
  assert.deepEqual(await log.batch(), [])
  await log.append(' than ten bytes')
  assert.deepEqual(await log.batch(), [])
  await log.append('\n2')
  assert.deepEqual(await log.batch(), ['a line that is longer than ten bytes'])
  await log.append('\n')
  assert.deepEqual(await log.batch(), ['2'])
})

test('a batch of exactly as many bytes as are there takes all of them', async (t) => {
  const log = await Following.in(t, { maxBytesPerBatch: 4 })
  await log.append('1\n2\n')
  assert.deepEqual(await log.batch(), ['1', '2'])
  await log.append('3\n4\n5')
  assert.deepEqual(await log.batch(), ['3', '4'])
  assert.deepEqual(await log.batch(), [])
})

test('whatever is appended, rotated and restarted in whatever order, each line comes once and in order', (t) =>
  withSeeds(t, 20, async (dice: Dice) => {
    const log = await Following.in(t, dice.oneOf([{}, { maxBytesPerBatch: 7 }]))
    const written: string[] = []
    const got: string[] = []
    let rotations = 0
    await log.append('')
    await log.batch()
    for (let step = 0; step < 60; step++) {
      const what = dice.below(10)
      if (what < 5) {
        const line = `${'x'.repeat(dice.below(9))}${written.length}`
        written.push(line)
        await log.append(`${line}\n`)
      } else if (what < 6) log.restart()
      else if (what < 7 && written.length > 0) await log.rotate(`.${rotations++}`)
      else got.push(...(await log.batch(dice.between(1, 4000), dice.oneOf([undefined, 1, 5]))))
    }
    for (let quiet = 0; quiet < 60; quiet++) got.push(...(await log.batch(1000)))
    assert.deepEqual(got, written)
  }))
