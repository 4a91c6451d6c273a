import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { checkSize, HEAD_BYTES_MAX } from '../../lib/checkpoint/head-size.ts'
import { HeadWriter } from '../../lib/checkpoint/head-writer.ts'
import { marked, released, settled } from '../../lib/checkpoint/transition.ts'
import { ManualClock } from '../../lib/adapters/local/manual-clock.ts'
import { silentLog } from '../../lib/host/log.ts'
import { MemoryHeadStore } from '../../lib/adapters/local/head-memory.ts'
import type { OutputSink, SluiceError } from '../../lib/index.ts'
import type { Head } from '../../lib/model/head.ts'
import { decideFence, sinkIsNewer } from '../../lib/output/fence.ts'
import { headWith, manifestRef } from '../checkpoint/heads.ts'
import { project, sluice } from '../cli/cli.ts'
import { dyingPort, type Port, ProcessLife, World } from '../support/lives.ts'
import type { Build } from '../support/run.ts'

const pairs = [[['a', 1]], [['a', 1]], [['b', 1]], [['a', 1]]]
const add = (a: number, b: number): number => a + b
const totals =
  (name: string): Build =>
  (input) => ({
    out: input().updateStateByKey((values: number[], sum: number | undefined) => values.reduce(add, sum ?? 0), {
      name,
    }),
  })
const renamed =
  (from: string, to: string): Build =>
  (input) => ({
    out: input().updateStateByKey((values: number[], sum: number | undefined) => values.reduce(add, sum ?? 0), {
      name: to,
      was: from,
    }),
  })

// — two programs at once

test(
  'F17: two programs with different graphs start at the same moment: one compare-and-swap wins, the ' +
    'other hears of it, and the state moves once',
  async () => {
    const world = new World()
    await (await ProcessLife.begin(world, totals('first'), pairs)).run(2)
    // Each reads the head before either writes.
    const both = Promise.withResolvers<void>()
    let waiting = 0
    const together: Port = async (call, run) => {
      if (call === 'head.cas acquire') {
        if (++waiting === 2) both.resolve()
        await both.promise
      }
      return run()
    }
    const starts = await Promise.allSettled(
      ['second', 'third'].map((to) => ProcessLife.begin(world, renamed('first', to), pairs, { port: together })),
    )
    const [winner] = starts.filter((start) => start.status === 'fulfilled')
    const [loser] = starts.filter((start) => start.status === 'rejected')
    assert.equal((loser.reason as SluiceError).code, 'E_BUSY')
    assert.match((loser.reason as SluiceError).message, /taken by another process at the same moment/)
    const manifests = await winner.value.run(4)
    const uid = starts[0] === winner ? 'second' : 'third'
    assert.deepEqual(
      manifests.map(({ state, change }) => [Object.keys(state), change?.moved ?? null]),
      [
        [[uid], { first: uid }],
        [[uid], null],
      ],
    )
    assert.deepEqual(world.shown.at(-1)!.records.length, 2)
  },
)

test('F17: a program that was replaced is fenced, and one that is older than the state is refused', async () => {
  const world = new World()
  const old = await ProcessLife.begin(world, totals('first'), pairs)
  await old.run(2)
  const next = await ProcessLife.begin(world, renamed('first', 'second'), pairs)
  await assert.rejects(old.run(3), { code: 'E_FENCED' })
  // Until the next one has committed, the older program can take back what is its own.
  await (await ProcessLife.begin(world, totals('first'), pairs)).run(3)
  await assert.rejects(next.run(4), { code: 'E_FENCED' })
  await (await ProcessLife.begin(world, renamed('first', 'second'), pairs)).run(4)
  const rev = (await world.head.read())!.rev
  await assert.rejects(ProcessLife.begin(world, totals('first'), pairs), { code: 'E_STATE_ORPHANED' })
  assert.equal((await world.head.read())!.rev, rev)
})

// — a deployment in the middle of a batch

const twoOutputs = (input: Parameters<Build>[0]) => ({
  one: input().map((pair: unknown) => pair),
  two: input().map((pair: unknown) => pair),
})

test(
  'F16: a batch that a program committed and did not show is shown by the next program, or holds it ' + 'back',
  async () => {
    const calls = dyingPort(Number.MAX_SAFE_INTEGER, 'after')
    await (await ProcessLife.begin(new World(), twoOutputs, pairs, { port: calls })).run(1)
    const commit = calls.calls.indexOf('head.cas commit')

    const world = new World()
    await assert.rejects(
      (await ProcessLife.begin(world, twoOutputs, pairs, { port: dyingPort(commit, 'after') })).run(1),
      { code: 'E_HEAD_UNREACHABLE' },
    )
    assert.equal(world.shown.length, 0)
    // Outputs without a name are told apart by order, so what is gone is the second one.
    await assert.rejects(
      ProcessLife.begin(world, (input) => ({ one: input().map((pair: unknown) => pair) }), pairs),
      { code: 'E_OUTPUT_UNDELIVERED' },
    )
    assert.equal(world.shown.length, 0)
    await ProcessLife.begin(world, (input) => ({ ...twoOutputs(input), three: input().count() }), pairs)
    assert.deepEqual(
      world.shown.map(({ output, batch }) => [output, batch]),
      [
        ['one', 1],
        ['two', 1],
      ],
    )
  },
)

test('F16: a batch that was planned and not committed is run by the next program from its input', async () => {
  const calls = dyingPort(Number.MAX_SAFE_INTEGER, 'after')
  await (await ProcessLife.begin(new World(), totals('first'), pairs, { port: calls })).run(1)
  const commit = calls.calls.indexOf('head.cas commit')

  const world = new World()
  await assert.rejects(
    (await ProcessLife.begin(world, totals('first'), pairs, { port: dyingPort(commit, 'before') })).run(1),
    { code: 'E_HEAD_UNREACHABLE' },
  )
  await (await ProcessLife.begin(world, totals('second'), pairs)).run(2)
  assert.deepEqual(
    world.shown.map(({ records }) => records),
    [[['a', 1]], [['a', 2]]],
  )
})

// — the head itself

test(
  'F14: a head that would not fit is not written, and the error says what fills it; there is a warning ' + 'before',
  async () => {
    const store = new MemoryHeadStore<Head>()
    await store.cas(0, headWith(), 'create')
    const events: { type: string; level?: string; message?: string }[] = []
    const writer = new HeadWriter(
      store,
      { rev: 1, value: headWith() },
      {
        clock: new ManualClock(),
        log: { event: (event) => void events.push(event) },
      },
    )
    const owed = (count: number) =>
      Array.from({ length: count }, (_, batch) => ({
        batch,
        output: 'out',
        manifest: { ...manifestRef(batch), inline: 'x'.repeat(4000) },
      }))
    await writer.write((head) => marked(head, { owed: owed(2), gcFloor: 0 }), 'mark')
    assert.deepEqual(events, [])
    await writer.write((head) => marked(head, { owed: owed(10), gcFloor: 0 }), 'mark')
    assert.deepEqual(
      events.map(({ type, level }) => [type, level]),
      [['head-grows', 'warn']],
    )
    const { rev } = (await store.read())!
    await assert.rejects(
      writer.write((head) => marked(head, { owed: owed(20), gcFloor: 0 }), 'mark'),
      (error: SluiceError) => {
        assert.equal(error.code, 'E_HEAD_SIZE')
        assert.match(error.message, /Most of it is what 20 outputs are owed/)
        return true
      },
    )
    assert.equal((await store.read())!.rev, rev)
  },
)

test(
  'F14: a head that is too large already can be taken over, delivered from and made smaller, but not ' + 'made larger',
  async () => {
    const store = new MemoryHeadStore<Head>()
    const large = headWith({
      owed: Array.from({ length: 20 }, (_, batch) => ({
        batch,
        output: 'out',
        manifest: { ...manifestRef(batch), inline: 'x'.repeat(4000) },
      })),
    })
    await store.cas(0, large, 'create')
    const writer = new HeadWriter(store, { rev: 1, value: large }, { clock: new ManualClock(), log: silentLog })
    await assert.rejects(
      writer.write((head) => settled(head, [...head.owed, head.owed[0]]), 'mark'),
      { code: 'E_HEAD_SIZE' },
    )
    await writer.write((head) => settled(head, head.owed.slice(1)), 'mark')
    await writer.write(released, 'release')
    assert.equal((await store.read())!.value.owed.length, 19)
  },
)

test('F14: a setting that fills the head is named before anything is stored', () => {
  const silent = { event: () => {} }
  assert.throws(
    () => checkSize(headWith({ conf: { long: 'x'.repeat(HEAD_BYTES_MAX) } }), 'create', silent),
    (error: SluiceError) => error.code === 'E_HEAD_SIZE' && /Most of it is the configuration/.test(error.message),
  )
})

const words = (name: string, output = '.foreachRDD(() => {})'): string => `
import { app, milliseconds } from 'sluice'
import { counter } from './numbers.ts'
import { sqlite } from 'sluice/sinks'

export default app('${name}', milliseconds(20), (ssc) => {
  ssc.source('numbers', counter).map((n) => [n, n])${output}
})
`
const runOf = (batches: number, ...flags: string[]): string[] => [
  'run',
  'app.ts',
  '--dir',
  'state',
  '--batches',
  String(batches),
  ...flags,
]
const logOf = (folder: string, app: string): string => join(folder, 'state', app, 'head-1.log')

test('F11: a head that was deleted is not begun anew over what is there, unless that is asked for', async (t) => {
  const folder = await project(t, { 'app.ts': words('lost') })
  assert.equal((await sluice(t, folder, runOf(2))).code, 0)
  const objects = readdirSync(join(folder, 'state/lost/blobs'), { recursive: true }).length
  rmSync(logOf(folder, 'lost'))
  const refused = await sluice(t, folder, runOf(1))
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /E_HEAD_LOST {2}There is no head of "lost", but \d+ of its objects are there\./)
  assert.match(refused.stderr, /restore the head from a backup\n.*--fresh/)
  assert.equal(readdirSync(join(folder, 'state/lost/blobs'), { recursive: true }).length, objects)
  assert.equal((await sluice(t, folder, runOf(1, '--fresh'))).code, 0)
})

test(
  'F11: who finds objects of an app that another process has begun at that very moment is told that it ' +
    'is taken, not that the head is lost',
  async () => {
    const world = new World()
    let other: Promise<unknown> | null = null
    const overtaken: Port = async (call, run) => {
      if (call === 'blobs.list')
        await (other ??= ProcessLife.begin(world, totals('first'), pairs).then((life) => life.run(2)))
      return run()
    }
    await assert.rejects(ProcessLife.begin(world, totals('first'), pairs, { port: overtaken }), { code: 'E_BUSY' })
  },
)

test(
  'F12: a head that was restored from a backup is halted by the first sink that has seen more, and the ' +
    'sink is left as it is',
  async (t) => {
    const output =
      ".output('rows', sqlite('rows.db', { table: 'rows', columns: ['batch', 'n'], row: ([n], { batch }) " +
      '=> [batch, n] }))'
    const folder = await project(t, { 'app.ts': words('back', output) })
    const database = new DatabaseSync(join(folder, 'rows.db'))
    t.after(() => database.close())
    database.exec('create table rows (batch integer, n integer)')
    const rows = (): number => Number(database.prepare('select count(*) as n from rows').get()!['n'])
    const done = (ended: { code: number | null; stderr: string }): void => assert.equal(ended.code, 0, ended.stderr)

    done(await sluice(t, folder, runOf(2)))
    cpSync(logOf(folder, 'back'), join(folder, 'backup.log'))
    done(await sluice(t, folder, runOf(3)))
    assert.equal(rows(), 5)

    cpSync(join(folder, 'backup.log'), logOf(folder, 'back'))
    const halted = await sluice(t, folder, runOf(3))
    assert.equal(halted.code, 1)
    assert.match(
      halted.stderr,
      new RegExp(
        String.raw`E_HALTED {2}"back" was halted: the head went back in time: it is at batch 3, and the sink "rows" ` +
          String.raw`has taken a later one\.`,
      ),
    )
    assert.equal(rows(), 5)
    assert.match((await sluice(t, folder, runOf(1))).stderr, /E_HALTED/)
    assert.match((await sluice(t, folder, runOf(1, '--resume'))).stderr, /E_HALTED/)

    // With the sink restored as well, the batches come once more.
    database.exec('delete from rows where batch > 2; update sluice_fence set batch = 2')
    done(await sluice(t, folder, runOf(2, '--resume')))
    assert.deepEqual(
      database
        .prepare('select batch, n from rows order by batch')
        .all()
        .map((row) => [row['batch'], row['n']]),
      [
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
        [5, 5],
      ],
    )
  },
)

test('F12: a process that was replaced, and whose sink is ahead for that reason, stops and halts nobody', async () => {
  const world = new World()
  const fences = new Map<number, number>()
  const writing =
    (first: () => Promise<unknown>): Build =>
    (input) => {
      const sink: OutputSink<unknown> = {
        name: 'fenced',
        guarantee: 'exactly-once',
        write: async (_records, delivery) => {
          await first()
          const last = fences.get(delivery.partition) ?? null
          const decision = decideFence(last, delivery.batch)
          if (decision === 'newer') throw sinkIsNewer(delivery, last!, 'the table')
          fences.set(delivery.partition, delivery.batch)
        },
      }
      input().output('rows', sink)
      return {}
    }
  // While the old one is about to write its first batch, another takes over and goes further.
  const takeover = async (): Promise<unknown> =>
    (
      await ProcessLife.begin(
        world,
        writing(async () => {}),
        pairs,
      )
    ).run(3)
  let once: Promise<unknown> | null = null
  const old = await ProcessLife.begin(
    world,
    writing(() => (once ??= takeover())),
    pairs,
  )
  await assert.rejects(old.run(1), { code: 'E_FENCED' })
  const { value } = (await world.head.read())!
  assert.deepEqual([value.committed, value.outDone, value.halt], [3, 3, null])
})

test('F15: what belongs to another app is refused without a write', async (t) => {
  const folder = await project(t, { 'app.ts': words('theirs') })
  await sluice(t, folder, runOf(1))
  renameSync(join(folder, 'state/theirs'), join(folder, 'state/mine'))
  const before = readFileSync(logOf(folder, 'mine'))
  const mine = await project(t, { 'app.ts': words('mine') })
  cpSync(join(folder, 'state'), join(mine, 'state'), { recursive: true })
  const refused = await sluice(t, mine, runOf(1))
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /E_FOREIGN_APP {2}This directory belongs to the app "theirs", not to "mine"\./)
  assert.deepEqual(readFileSync(logOf(mine, 'mine')), before)
})
