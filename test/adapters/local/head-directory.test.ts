import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDirectoryHead } from '../../../lib/adapters/local/head-directory.ts'
import type { DirectoryHeadOptions, DirectoryHeadStore } from '../../../lib/adapters/local/head-directory.ts'
import { chained, decodeRecord, encodeRecord, judge } from '../../../lib/adapters/local/head-record.ts'
import type { HeadRecord } from '../../../lib/adapters/local/head-record.ts'
import { SeededRandom } from '../../../lib/adapters/local/seeded-random.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import { headStoreContract } from '../../../lib/testing/contracts/head-store.ts'
import { race } from './head-race.ts'
import type { RaceValue } from './head-race.ts'
import { exitOf, racer, winsOf } from './head-racers.ts'
import { temporaryFolder } from './temporary-folder.ts'

const seed = Number(process.env['SLUICE_SEED'] ?? Date.now() % 1e9)
const random = new SeededRandom(seed)

const contractFor = (name: string, options: DirectoryHeadOptions): void =>
  headStoreContract(name, async (t) => {
    const dir = await temporaryFolder(t)
    return { connect: () => open(t, dir, options) }
  })
contractFor('directory head', {})
contractFor('directory head that begins a new log all the time', { logBytesMax: 1000 })
contractFor('directory head without sync', { sync: false })

test('a register opened again holds the last value and goes on from it', async (t) => {
  const dir = await temporaryFolder(t)
  for (let rev = 0; rev < 3; rev++) {
    const head = await openDirectoryHead(join(dir, 'made', 'here'))
    assert.equal(await head.cas(rev, `value ${rev + 1}`, 'commit'), 'written')
    await head.close()
  }
  assert.deepEqual(await (await open(t, join(dir, 'made', 'here'))).read(), { rev: 3, value: 'value 3' })
})

test('history tells every write with its cause, oldest first', async (t) => {
  const head = await open(t, await temporaryFolder(t))
  assert.deepEqual(await head.history(), [])
  await head.cas(0, { by: 'a' }, 'acquire')
  await head.cas(0, { by: 'lost' }, 'acquire')
  await head.cas(1, { by: 'b' }, 'plan')
  assert.deepEqual(await head.history(), [
    { rev: 1, cause: 'acquire', value: { by: 'a' } },
    { rev: 2, cause: 'plan', value: { by: 'b' } },
  ])
})

for (const logBytesMax of [1e6, 4000]) {
  test(
    `this process and two others write 200 times each, logs of ${logBytesMax} bytes: each revision is ` +
      'won once and all agree by whom',
    async (t) => {
      const dir = await temporaryFolder(t)
      const head = await open(t, dir, { logBytesMax })
      const others = await Promise.all(
        ['left', 'right'].map((name) => racer(dir, name, { attempts: 200, logBytesMax, pad: 100 })),
      )
      const mine: number[] = []
      for (const other of others) other.send('go')
      await race(head, 'here', 200, 100, (rev) => mine.push(rev))
      await Promise.all(others.map(async (other) => assert.deepEqual(await exitOf(other), [0, null])))

      const wonBy = winners({ here: mine, left: winsOf(dir, 'left'), right: winsOf(dir, 'right') })
      assert.deepEqual([...wonBy.keys()].sort(ascending), range(1, wonBy.size))
      assert.equal((await head.read())?.rev, wonBy.size)
      await assertHistory(head, wonBy, logBytesMax === 1e6 ? 1 : undefined)
      if (logBytesMax === 4000) assert.ok(newestLog(dir) > 10, 'several logs were begun')
    },
  )
}

test(`processes killed at any moment, 20 times, lose nothing they were promised (SLUICE_SEED=${seed})`, async (t) => {
  const dir = await temporaryFolder(t)
  const logBytesMax = 500_000
  const head = await open(t, dir, { logBytesMax })
  const mine: number[] = []
  const names = range(1, 20).map((n) => `victim-${n}`)
  // Two live at any time, so that there is always somebody to be confused by what a dead one left.
  const life = async (name: string): Promise<void> => {
    const victim = await racer(dir, name, { attempts: 1e9, logBytesMax, pad: Math.floor(random.next() * 30_000) })
    victim.send('go')
    while (winsOf(dir, name).length === 0) await sleep(2)
    await sleep(random.next() * 30)
    victim.kill('SIGKILL')
    assert.deepEqual(await exitOf(victim), [null, 'SIGKILL'])
  }
  const lives = async (): Promise<void> => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      await life(name)
      await race(head, 'here', 3, 0, (rev) => mine.push(rev))
    }
  }
  const victims = [...names]
  await Promise.all([lives(), lives()])

  const wonBy = winners({ here: mine, ...Object.fromEntries(victims.map((name) => [name, winsOf(dir, name)])) })
  const rev = (await head.read())!.rev
  // A victim may die after its write counts and before it could tell, at most once.
  assert.ok(rev >= wonBy.size && rev <= wonBy.size + victims.length, `${rev} revisions, ${wonBy.size} told`)
  await assertHistory(head, wonBy)
  const again = await open(t, dir)
  assert.deepEqual(await again.read(), await head.read())
  assert.equal(await again.cas(rev, { by: 'again' }, 'race'), 'written')
})

test('a record torn at any byte counts for nobody and hides nothing before or after it', async (t) => {
  const dir = await temporaryFolder(t)
  const head = await open(t, dir)
  const torn = encoded(dir, write(1, '{"by":"torn \\n"}'))
  for (let length = 1; length < torn.length; length++) {
    appendFileSync(join(dir, 'head-1.log'), encoded(dir, write(length, `{"by":"${length}"}`)))
    appendFileSync(join(dir, 'head-1.log'), torn.subarray(0, length))
    assert.deepEqual(await head.read(), { rev: length, value: { by: `${length}` } })
    const again = await openDirectoryHead(dir)
    assert.deepEqual(await again.read(), { rev: length, value: { by: `${length}` } })
    await again.close()
  }
  assert.equal(await head.cas(torn.length - 1, { by: 'next' }, 'race'), 'written')
  assert.deepEqual(
    (await head.history()).map(({ rev }) => rev),
    range(1, torn.length),
  )
})

test('a record that arrives in two halves counts once it is whole', async (t) => {
  const dir = await temporaryFolder(t)
  const head = await open(t, dir)
  const record = encoded(dir, write(1, '{"by":"slow"}'))
  appendFileSync(join(dir, 'head-1.log'), record.subarray(0, 30))
  assert.equal(await head.read(), null)
  appendFileSync(join(dir, 'head-1.log'), record.subarray(30))
  assert.deepEqual(await head.read(), { rev: 1, value: { by: 'slow' } })
})

test('a seal whose writer died is followed by whoever comes next; what stands behind it is void', async (t) => {
  const dir = await temporaryFolder(t)
  const head = await open(t, dir)
  await head.cas(0, { by: 'here' }, 'race')
  const lines: Unchained[] = [seal(1), write(2, '{"by":"late"}'), seal(2)]
  for (const line of lines) appendFileSync(join(dir, 'head-1.log'), encoded(dir, line))
  assert.deepEqual(await (await open(t, dir)).read(), { rev: 1, value: { by: 'here' } })
  assert.ok(existsSync(join(dir, 'head-2.log')))
  assert.equal(await head.cas(1, { by: 'here again' }, 'race'), 'written')
  assert.deepEqual(
    (await head.history()).map(({ value }) => value.by),
    ['here', 'here again'],
  )
})

test('who is overtaken between looking and appending is refused', async (t) => {
  const dir = await temporaryFolder(t)
  const head = await open(t, dir)
  await head.cas(0, { by: 'here' }, 'race')
  const overtaken = meanwhile(dir, write(2, '{"by":"other"}'), write(3, '{"by":"other still"}'))
  assert.equal(await head.cas(1, { by: 'here' }, overtaken), 'refused')
  assert.deepEqual(await head.read(), { rev: 3, value: { by: 'other still' } })
})

test('a read shows what was written before it, also where another one is about to open the next log', async (t) => {
  const dir = await temporaryFolder(t)
  const [reader, writer] = [await open(t, dir), await open(t, dir, { logBytesMax: 500 })]
  const reads: Promise<number>[] = []
  for (let rev = 1; rev <= 300; rev++) {
    assert.equal(await writer.cas(rev - 1, { by: 'writer' }, 'race', 'soon'), 'written')
    reads.push(reader.read().then((found) => found!.rev - rev))
  }
  assert.ok((await Promise.all(reads)).every((ahead) => ahead >= 0))
})

test('who finds the log sealed between looking and appending writes to the next one', async (t) => {
  const dir = await temporaryFolder(t)
  const head = await open(t, dir)
  await head.cas(0, { by: 'here' }, 'race')
  assert.equal(await head.cas(1, { by: 'here again' }, meanwhile(dir, seal(1))), 'written')
  assert.deepEqual(await (await open(t, dir)).read(), { rev: 2, value: { by: 'here again' } })
})

test(
  'a disk that is full in the middle of a record stops the writer, and the register goes on where there is room',
  { skip: process.platform === 'win32' },
  async (t) => {
    const dir = await temporaryFolder(t)
    const head = await open(t, dir)
    const script = [
      join(import.meta.dirname, 'head-racer.ts'),
      dir,
      'poor',
      '1000',
      '1e6',
      '900',
      join(dir, 'poor.wins'),
    ]
    const poor = spawn('sh', ['-c', 'ulimit -f 16 && exec "$0" "$@"', process.execPath, ...script], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let words = ''
    poor.stderr!.setEncoding('utf8').on('data', (text: string) => (words += text))
    await once(poor, 'message')
    poor.send('go')
    assert.equal((await once(poor, 'close'))[0], 1)
    assert.match(words, /E_HEAD_WRITE/)

    const won = winsOf(dir, 'poor')
    assert.deepEqual(won, range(1, won.length))
    assert.equal((await head.read())?.rev, won.length)
    assert.equal(await head.cas(won.length, { by: 'here' }, 'race'), 'written')
    assert.deepEqual(
      (await head.history()).map(({ rev }) => rev),
      range(1, won.length + 1),
    )
  },
)

test(
  'two logs are kept, and who slept through many finds the newest, even past a log that came back from ' + 'the dead',
  async (t) => {
    const dir = await temporaryFolder(t)
    const [sleeper, writer] = [await open(t, dir), await open(t, dir, { logBytesMax: 500 })]
    await writer.cas(0, { by: '1' }, 'race')
    await sleeper.read()
    await copyFile(join(dir, 'head-1.log'), join(dir, 'kept'))
    for (let rev = 1; newestLog(dir) < 5; rev++) await writer.cas(rev, { by: `${rev + 1}` }, 'race')
    assert.deepEqual(logsIn(dir), ['head-4.log', 'head-5.log'])
    await copyFile(join(dir, 'kept'), join(dir, 'head-2.log'))
    assert.deepEqual(await sleeper.read(), await writer.read())
    assert.deepEqual(await (await open(t, dir)).read(), await writer.read())
    const revs = (await sleeper.history()).map(({ rev }) => rev)
    assert.deepEqual(revs, range(revs[0], revs.length))
    assert.equal(revs.at(-1), (await writer.read())?.rev)
  },
)

test('a value larger than a whole log does not begin a log per write', async (t) => {
  const dir = await temporaryFolder(t)
  const head = await open(t, dir, { logBytesMax: 5000 })
  await head.cas(0, { by: 'large', pad: 'x'.repeat(10_000) }, 'race')
  for (let rev = 1; rev < 20; rev++) await head.cas(rev, { by: 'small' }, 'race')
  assert.equal(newestLog(dir), 2)
})

test('foreign files in the directory are left alone', async (t) => {
  const dir = await temporaryFolder(t)
  for (const name of ['notes.txt', 'head-7.log.bak', 'head-07.log', 'head-x.log'])
    writeFileSync(join(dir, name), 'junk')
  const head = await open(t, dir, { logBytesMax: 100 })
  for (let rev = 0; rev < 10; rev++) await head.cas(rev, { by: 'here' }, 'race')
  for (const name of ['notes.txt', 'head-7.log.bak', 'head-07.log', 'head-x.log'])
    assert.equal(readFileSync(join(dir, name), 'utf8'), 'junk')
})

const corrupt = (error: unknown): boolean => hasCode(error, 'E_HEAD_CORRUPT') && error.next.length > 0

for (const [what, junk] of [
  ['empty', ''],
  ['one line of text', 'hello\n'],
  ['zeros', '\0'.repeat(5000)],
  ['records without a beginning', encodeRecord(chained(null, write(1, '{}')))],
] as const) {
  test(`a log of ${what} is reported as damaged and not touched`, async (t) => {
    const dir = await temporaryFolder(t)
    writeFileSync(join(dir, 'head-1.log'), junk)
    await assert.rejects(open(t, dir), corrupt)
    assert.equal(statSync(join(dir, 'head-1.log')).size, junk.length)
  })
}

test(
  'one flipped bit in a write that others built upon ' + 'is reported as damage, not read as an older value',
  async (t) => {
    const dir = await temporaryFolder(t)
    const head = await open(t, dir)
    for (const rev of [0, 1, 2]) await head.cas(rev, { by: `writer-${rev + 1}` }, 'race')
    const bytes = readFileSync(join(dir, 'head-1.log'))
    bytes[bytes.indexOf('writer-2')] ^= 1
    writeFileSync(join(dir, 'head-1.log'), bytes)
    await assert.rejects(open(t, dir), corrupt)
  },
)

test('a log that is deleted or cut off under a running process stops it', async (t) => {
  for (const harm of [(log: string) => rm(log), async (log: string) => writeFileSync(log, '')]) {
    const dir = await temporaryFolder(t)
    const head = await open(t, dir)
    await head.cas(0, { by: 'here' }, 'race')
    await harm(join(dir, 'head-1.log'))
    await assert.rejects(head.read(), corrupt)
    await assert.rejects(head.cas(1, { by: 'here' }, 'race'), corrupt)
  }
})

// Tools of the tests above.

const open = async (
  t: TestContext,
  dir: string,
  options: DirectoryHeadOptions = {},
): Promise<DirectoryHeadStore<RaceValue>> => {
  const head = await openDirectoryHead<RaceValue>(dir, options)
  t.after(() => head.close())
  return head
}

type Unchained = Omit<HeadRecord, 'chain'>

/** The record as somebody would write it who has just read the log. */
function encoded(dir: string, record: Unchained): Uint8Array {
  const lines = readFileSync(join(dir, 'head-1.log'), 'latin1').split('\n')
  const records = lines.flatMap((line) => decodeRecord(Buffer.from(line, 'latin1')) ?? [])
  const tip = records.reduce((last, each) => (judge(last, each) === 'wins' ? each : last))
  return encodeRecord(chained(tip, record))
}

function write(rev: number, text: string): Unchained {
  return { kind: 'write', rev, cause: 'race', writer: 'by hand', text }
}

const seal = (rev: number): Unchained => ({ ...write(rev, 'null'), kind: 'seal' })

/**
 * A cause that lets others append while it is turned into JSON: after the writer has looked at the log, before it
 * appends.
 */
const meanwhile = (dir: string, ...records: Unchained[]): string => {
  const cause = {
    toJSON: () => {
      for (const record of records.splice(0)) appendFileSync(join(dir, 'head-1.log'), encoded(dir, record))
      return 'race'
    },
  }
  return cause as unknown as string
}

/** Revision → who was told that it won. */
const winners = (wins: Record<string, number[]>): Map<number, string> => {
  const wonBy = new Map<number, string>()
  for (const [name, revs] of Object.entries(wins)) {
    for (const rev of revs) {
      assert.ok(!wonBy.has(rev), `revision ${rev} was won by ${wonBy.get(rev)} and ${name}`)
      wonBy.set(rev, name)
    }
  }
  return wonBy
}

/** Whoever was told that it won is who the log says; no revision is left out up to the newest. */
const assertHistory = async (
  head: DirectoryHeadStore<RaceValue>,
  wonBy: Map<number, string>,
  from?: number,
): Promise<void> => {
  const history = await head.history()
  const first = history[0].rev
  if (from !== undefined) assert.equal(first, from)
  assert.deepEqual(
    history.map(({ rev }) => rev),
    range(first, history.length),
  )
  assert.equal(history.at(-1)?.rev, (await head.read())?.rev)
  for (const { rev, value } of history) assert.ok(!wonBy.has(rev) || wonBy.get(rev) === value.by, `revision ${rev}`)
}

const logsIn = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => /^head-\d+\.log$/.test(name))
    .sort()
const newestLog = (dir: string): number => Math.max(...logsIn(dir).map((name) => Number(/\d+/.exec(name)?.[0])))
const range = (from: number, length: number): number[] => Array.from({ length }, (_, i) => from + i)
const ascending = (a: number, b: number): number => a - b
