import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeadWriter } from '../../lib/checkpoint/head-writer.ts'
import { acquired, committed, halted, marked, released } from '../../lib/checkpoint/transition.ts'
import { leaseMs } from '../../lib/checkpoint/decide.ts'
import type { Clock } from '../../lib/host/clock.ts'
import { silentLog } from '../../lib/host/log.ts'
import { SluiceError } from '../../lib/model/errors.ts'
import type { HeadStore } from '../../lib/host/head-store.ts'
import { MemoryHeadStore } from '../../lib/adapters/local/head-memory.ts'
import type { Head } from '../../lib/model/head.ts'
import { headWith, manifestRef } from './heads.ts'

/** Pauses pass at once, and take the time that they take. */
let time = 0
const hasty: Clock = {
  now: () => time,
  sleepUntil: async (until) => {
    time = Math.max(time, until)
  },
}
const host = { clock: hasty, log: silentLog }

type Weather = 'fine' | 'applies, answer lost' | 'refuses to answer' | 'arrives late'

async function writerOver(
  weather: readonly Weather[],
  head: Head = headWith(),
): Promise<{ store: MemoryHeadStore<Head>; writer: HeadWriter }> {
  const store = new MemoryHeadStore<Head>()
  await store.cas(0, head, 'create')
  return { store, writer: new HeadWriter(badLine(store, weather), { rev: 1, value: head }, host) }
}

/** A register behind a bad line: what happens to each write, in order; then the line is fine. */
function badLine(store: HeadStore<Head>, weather: readonly Weather[]): HeadStore<Head> {
  const late: (() => Promise<unknown>)[] = []
  let writes = 0
  return {
    read: () => store.read(),
    close: () => store.close(),
    cas: async (expected, value, cause) => {
      const today = weather[writes++] ?? 'fine'
      if (today === 'refuses to answer') throw new Error('connection refused')
      if (today === 'arrives late') {
        late.push(() => store.cas(expected, value, cause))
        throw new Error('timed out')
      }
      const outcome = await store.cas(expected, value, cause)
      for (const arrive of late.splice(0)) await arrive()
      if (today === 'applies, answer lost') throw new Error('connection reset')
      return outcome
    },
  }
}

const steps: readonly [cause: 'commit' | 'mark' | 'halt' | 'release', Head, Head][] = [
  ['commit', headWith(), committed(headWith(), { tick: 2, manifest: manifestRef(2) })],
  ['mark', headWith({ outDone: 0 }), marked(headWith({ outDone: 0 }), { owed: [], gcFloor: 0 })],
  ['halt', headWith(), halted(headWith(), 'a reason')],
  ['release', headWith(), released(headWith())],
]

for (const [cause, before, after] of steps) {
  for (const weather of ['fine', 'applies, answer lost', 'refuses to answer', 'arrives late'] as const) {
    test(`F06: a ${cause} is written once when the store ${weather === 'fine' ? 'answers' : weather}`, async () => {
      const { store, writer } = await writerOver([weather], before)
      await writer.write(() => after, cause)
      const leaseUntil = cause === 'commit' || cause === 'mark' ? writer.head.leaseUntil : after.leaseUntil
      assert.deepEqual(await store.read(), { rev: 2, value: { ...after, leaseUntil } })
      assert.deepEqual([writer.rev, writer.head], [2, { ...after, leaseUntil }])
    })
  }
}

const mine = acquired(headWith(), {
  holder: 'me',
  leaseUntil: 300,
  graph: 'g1',
  conf: {},
  intervalMs: 1000,
  zeroTime: 0,
})

for (const weather of ['fine', 'applies, answer lost', 'refuses to answer', 'arrives late'] as const) {
  test(`F06: the head is taken once, and a first one made once, when the store ${weather}`, async () => {
    const store = new MemoryHeadStore<Head>()
    const first = await HeadWriter.acquire(badLine(store, [weather]), null, headWith(), 'create', host)
    assert.deepEqual([await store.read(), first.rev], [{ rev: 1, value: headWith() }, 1])
    const found = await store.read()
    const taken = await HeadWriter.acquire(badLine(store, [weather]), found, mine, 'acquire', host)
    assert.deepEqual([await store.read(), taken.rev, taken.head], [{ rev: 2, value: mine }, 2, mine])
  })
}

test('two processes that take the head at the same moment: one has it, the other is told who', async () => {
  for (const weather of ['fine', 'refuses to answer'] as const) {
    const store = new MemoryHeadStore<Head>()
    await store.cas(0, headWith(), 'create')
    const found = await store.read()
    await store.cas(1, { ...mine, holder: 'other' }, 'acquire')
    await assert.rejects(HeadWriter.acquire(badLine(store, [weather]), found, mine, 'acquire', host), {
      code: 'E_BUSY',
      message: /other/,
    })
  }
})

test('F05, F07: a write behind another coordinator is fenced, whether it was refused or got no answer', async () => {
  for (const weather of ['fine', 'refuses to answer'] as const) {
    const { store, writer } = await writerOver([weather])
    const theirs = acquired(headWith(), {
      holder: 'other',
      leaseUntil: 300,
      graph: 'g1',
      conf: {},
      intervalMs: 1000,
      zeroTime: 0,
    })
    await store.cas(1, theirs, 'acquire')
    await assert.rejects(
      writer.write(() => steps[0][2], 'commit'),
      { code: 'E_FENCED' },
    )
    assert.deepEqual((await store.read())!.value, theirs)
  }
})

test('a store that never answers is given up, and nothing was written', async () => {
  const { store, writer } = await writerOver(Array.from({ length: 99 }, () => 'refuses to answer' as const))
  await assert.rejects(
    writer.write(() => steps[0][2], 'commit'),
    { code: 'E_HEAD_UNREACHABLE' },
  )
  assert.equal((await store.read())!.rev, 1)
})

test('a commit and a mark give a sign of life, a release gives the lease back', async () => {
  const { writer } = await writerOver([], headWith({ outDone: 0 }))
  await writer.write((head) => marked(head, { owed: [], gcFloor: 0 }), 'mark')
  assert.equal(writer.head.leaseUntil, time + leaseMs(1000, 0))
  time += 10_000
  await writer.write((head) => committed(head, { tick: 2, manifest: manifestRef(2) }), 'commit')
  assert.equal(writer.head.leaseUntil, time + leaseMs(1000, 0))
  await writer.write(released, 'release')
  assert.equal(writer.head.leaseUntil, 0)
})

test('signs of life and commits that are asked for at once are written one after the other', async () => {
  const { store, writer } = await writerOver(['applies, answer lost', 'refuses to answer', 'fine'])
  await Promise.all([
    writer.renew(),
    writer.write((head) => committed(head, { tick: 2, manifest: manifestRef(2) }), 'commit'),
    writer.renew(),
    writer.write((head) => marked(head, { owed: [], gcFloor: 1 }), 'mark'),
  ])
  const { rev, value } = (await store.read())!
  assert.deepEqual([rev, value.committed, value.outDone, value.gcFloor], [5, 2, 2, 1])
})

test('a sign of life that was given up and arrives later does not fence its own coordinator', async () => {
  const store = new MemoryHeadStore<Head>()
  await store.cas(0, headWith(), 'create')
  let isAway = true
  let late = async (): Promise<unknown> => null
  const line: HeadStore<Head> = {
    close: () => store.close(),
    read: () => (isAway ? Promise.reject(new Error('connection refused')) : store.read()),
    cas: (expected, value, cause) => {
      if (!isAway) return store.cas(expected, value, cause)
      late = () => store.cas(expected, value, cause)
      return Promise.reject(new Error('timed out'))
    },
  }
  const writer = new HeadWriter(line, { rev: 1, value: headWith() }, host)
  await assert.rejects(writer.renew(), { code: 'E_HEAD_UNREACHABLE' })
  isAway = false
  await late()
  await writer.write((head) => committed(head, { tick: 2, manifest: manifestRef(2) }), 'commit')
  const { rev, value } = (await store.read())!
  assert.deepEqual([rev, value.committed], [3, 2])
})

test('F09: a head that is throttled for half a minute is waited for, in less than 40 calls', async () => {
  const store = new MemoryHeadStore<Head>()
  await store.cas(0, headWith(), 'create')
  const until = time + 30_000
  const sent: number[] = []
  const throttled = async <T>(answer: () => Promise<T>): Promise<T> => {
    sent.push(time)
    if (time < until) throw new Error('The level of configured provisioned throughput for the table was exceeded.')
    return answer()
  }
  const line: HeadStore<Head> = {
    close: () => store.close(),
    read: () => throttled(() => store.read()),
    cas: (expected, value, cause) => throttled(() => store.cas(expected, value, cause)),
  }
  const writer = new HeadWriter(line, { rev: 1, value: headWith() }, host)
  await writer.write((head) => committed(head, { tick: 2, manifest: manifestRef(2) }), 'commit')
  assert.equal((await store.read())!.value.committed, 2)
  assert.ok(sent.length < 40, `${sent.length} calls were sent`)
})

test('a writer that is given up waits for nothing more', async () => {
  const { store } = await writerOver([])
  const over = new AbortController()
  const line: HeadStore<Head> = {
    read: () => Promise.reject(new Error('refused')),
    cas: () => Promise.reject(new Error('refused')),
    close: () => store.close(),
  }
  const clock: Clock = { now: () => time, sleepUntil: async () => over.abort() }
  const writer = new HeadWriter(line, { rev: 1, value: headWith() }, { clock, log: silentLog, signal: over.signal })
  await assert.rejects(writer.renew(), { code: 'E_HEAD_UNREACHABLE' })
})

const taking = (head: Head): Head =>
  acquired(head, { holder: 'brief', leaseUntil: 0, graph: 'g', conf: {}, intervalMs: head.intervalMs, zeroTime: 0 })

/** A coordinator that takes a free head for one batch, and the causes of what it writes. */
async function brief(
  weather: readonly Weather[] = [],
  found: Head = headWith({ holder: null, leaseUntil: 0, zeroTime: 0 }),
): Promise<{ store: MemoryHeadStore<Head>; writer: HeadWriter; causes: string[] }> {
  const store = new MemoryHeadStore<Head>()
  await store.cas(0, found, 'create')
  const causes: string[] = []
  const bad = badLine(store, weather)
  const noting: HeadStore<Head> = {
    ...bad,
    cas: (expected, value, cause) => {
      causes.push(cause)
      return bad.cas(expected, value, cause)
    },
  }
  const mine = taking(found)
  const writer = await HeadWriter.acquire(noting, { rev: 1, value: found }, mine, 'acquire', { ...host, isBrief: true })
  return { store, writer, causes }
}

const commit = (head: Head): Head => committed(head, { tick: head.tick + 1, manifest: manifestRef(head.committed + 1) })
const mark = (head: Head): Head => marked(head, { owed: [], gcFloor: 0 })

test('a coordinator that lives for one batch takes the app with the commit and marks with letting go', async () => {
  const { store, writer, causes } = await brief()
  await writer.write(commit, 'commit')
  assert.deepEqual([writer.head.epoch, writer.stored.epoch], [2, 2])
  await writer.write(mark, 'mark')
  assert.deepEqual([writer.head.outDone, writer.stored.outDone], [2, 1])
  await writer.write(released, 'release')
  const { value } = (await store.read())!
  assert.deepEqual(causes, ['commit', 'release'])
  assert.deepEqual([value.committed, value.outDone, value.holder], [2, 2, null])
})

test('of two that take the app for the same batch one commits, and the other is told and leaves no trace', async () => {
  const { store, writer } = await brief()
  const found = (await store.read())!
  const other = await HeadWriter.acquire(store, found, { ...taking(found.value), holder: 'other' }, 'acquire', {
    ...host,
    isBrief: true,
  })
  await other.write(commit, 'commit')
  await assert.rejects(writer.write(commit, 'commit'), { code: 'E_FENCED' })
  await writer.write(released, 'release')
  assert.equal((await store.read())!.value.holder, 'other')
})

test('who takes the app and has nothing to do writes nothing', async () => {
  const { writer, causes } = await brief()
  await writer.write(released, 'release')
  assert.deepEqual(causes, [])
})

test('who is busy for long shows that it holds the app, and a mark does not wait for a batch', async () => {
  const { writer, causes } = await brief()
  await writer.renew()
  await writer.write(commit, 'commit')
  await writer.write(mark, 'mark')
  await writer.settle()
  await writer.write(commit, 'commit')
  assert.deepEqual(causes, ['acquire', 'commit', 'mark', 'commit'])
})

test('what an app owes is dealt with by somebody who holds it', async () => {
  const { causes } = await brief([], headWith({ holder: null, leaseUntil: 0, zeroTime: 0, outDone: 0 }))
  assert.deepEqual(causes, ['acquire'])
})

test('a commit that takes the app and whose answer is lost is found, and not made twice', async () => {
  const { store, writer, causes } = await brief(['applies, answer lost'])
  await writer.write(commit, 'commit')
  assert.deepEqual([causes, (await store.read())!.value.committed, writer.stored.holder], [['commit'], 2, 'brief'])
})

test('why a head cannot be written is said with each wait, down to its cause', async () => {
  const said: string[] = []
  const log = { event: (event: { type: string; message?: string }) => void said.push(`${event.type} ${event.message}`) }
  const causes: unknown[] = [
    new SluiceError('E_HEAD_UNREACHABLE', 'No answer.', { retry: true, cause: new Error('connection refused') }),
    new Error('throttled'),
    new SluiceError('E_HEAD_UNREACHABLE', 'Once more.', { retry: true }),
  ]
  const store = new MemoryHeadStore<Head>()
  await store.cas(0, headWith({ outDone: 0 }), 'create')
  const line: HeadStore<Head> = {
    read: () => store.read(),
    close: () => store.close(),
    cas: async (expected, value, cause) => {
      if (causes.length > 0) throw causes.shift()
      return store.cas(expected, value, cause)
    },
  }
  const writer = new HeadWriter(line, { rev: 1, value: headWith({ outDone: 0 }) }, { clock: hasty, log })
  await writer.write((head) => marked(head, { owed: [], gcFloor: 0 }), 'mark')
  const waits = 'head-waits the step "mark" could not be written, and is tried again:'
  assert.deepEqual(said, [`${waits} No answer. (connection refused)`, `${waits} throttled`, `${waits} Once more.`])
  await writer.write(released, 'release')
  assert.equal(said.length, 3)
})

test('a store that says for good that it does not take a head is not asked again', async () => {
  const store = new MemoryHeadStore<Head>()
  let calls = 0
  const denied = new SluiceError('E_AWS_ACCESS', 'Not allowed.', { retry: false })
  const line: HeadStore<Head> = {
    read: () => store.read(),
    close: () => store.close(),
    cas: async () => {
      calls++
      throw denied
    },
  }
  const writer = new HeadWriter(line, { rev: 1, value: headWith() }, host)
  await assert.rejects(writer.renew(), (error) => error === denied)
  assert.equal(calls, 1)
  const unreadable: HeadStore<Head> = { ...line, cas: async () => 'refused', read: () => Promise.reject(denied) }
  await assert.rejects(new HeadWriter(unreadable, { rev: 1, value: headWith() }, host).renew(), (e) => e === denied)
})

test('all but a mark is on the disk before anybody goes on', async () => {
  const store = new MemoryHeadStore<Head>()
  await store.cas(0, headWith(), 'create')
  const urgency: string[] = []
  const line: HeadStore<Head> = {
    read: () => store.read(),
    close: () => store.close(),
    cas: (expected, value, cause, durable) => {
      urgency.push(`${cause} ${durable}`)
      return store.cas(expected, value, cause)
    },
  }
  const writer = new HeadWriter(line, { rev: 1, value: headWith() }, host)
  await writer.write(commit, 'commit')
  await writer.write(mark, 'mark')
  await writer.renew()
  await writer.write(released, 'release')
  assert.deepEqual(urgency, ['commit now', 'mark soon', 'renew now', 'release now'])
})

test('a head that has grown too large may be written smaller, and a small one is not made too large', async () => {
  const owing = (count: number): Head => ({
    ...headWith(),
    owed: Array.from({ length: count }, (_, i) => ({ batch: 1, output: `output ${i}`, manifest: manifestRef(1) })),
  })
  const { store, writer } = await writerOver([], owing(1000))
  await writer.write(() => owing(999), 'mark')
  assert.equal((await store.read())!.value.owed.length, 999)
  const { store: other, writer: small } = await writerOver([], owing(1))
  await assert.rejects(
    small.write(() => owing(999), 'mark'),
    { code: 'E_HEAD_SIZE' },
  )
  assert.equal((await other.read())!.value.owed.length, 1)
})
