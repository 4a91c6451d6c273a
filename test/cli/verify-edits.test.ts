import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { before, test, type TestContext } from 'node:test'
import { verifyApp } from '../../lib/cli/verify-directory.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'
import { type Build, type Run, runBatches } from '../support/run.ts'
import { Forgery } from './forgery.ts'

// What a tool with a bug, or a hand, may do to a log and to manifests, with every checksum and the chain made to fit.
// Each is refused by a start, or changes nothing of what is shown afterwards.

const BATCHES = 6
const MORE = 2
const words = (batch: number): string[] => Array.from({ length: 60 }, (_, i) => `word ${(i * 7 + batch) % 90}`)
const input = Array.from({ length: BATCHES + MORE }, (_, i) => words(i + 1))
const conf = { 'sluice.keepBatches': '9' }
const add = (a: number, b: number): number => a + b

/** One of its outputs fails with two batches, which are owed from then on. */
let isAway = true
const build: Build = (source) => {
  const pairs = source().map((word: string) => [word, 1] as [string, number])
  const sums = pairs.updateStateByKey<number>((values, sum) => values.length + (sum ?? 0))
  sums.foreachRDD((_rdd: unknown, time: { milliseconds: number }) => {
    if (isAway && (time.milliseconds / 1000) % 10 >= 4) throw new Error('away')
  })
  return {
    sums,
    recent: pairs.window(3000),
    slim: pairs.reduceByKeyAndWindow(add, 3000),
    running: pairs.reduceByKeyAndWindow(add, (a, b) => a - b, 4000),
  }
}

let original = ''
let expected: Run
before(async (t) => {
  const dir = await temporaryFolder(t as never)
  await runBatches(build, input, { dir, lives: [{ batches: 3 }, { batches: 3 }], conf })
  original = join(dir, 'test')
  isAway = false
  const copy = await Forgery.of(t as never, original)
  expected = await goOn(t as never, copy.folder)
  assert.deepEqual(expected.errors, [])
  assert.ok(Object.values(expected.shown).every((batches) => batches.filter(Boolean).length === MORE))
})

/** Two more batches on what is there. `folder` is that of the app. */
const goOn = async (t: TestContext, folder: string): Promise<Run> => {
  const dir = await temporaryFolder(t)
  cpSync(folder, join(dir, 'test'), { recursive: true })
  return runBatches(build, input, { dir, lives: [{ batches: MORE }], first: BATCHES, conf })
}

type Edit = readonly [name: string, edit: (f: Forgery) => unknown]

const keyed = (m: any): any => named(m, 'updateStateByKey')
const named = (m: any, kind: string): any => Object.entries<any>(m.state).find(([uid]) => uid.includes(kind))![1]
const panes = (m: any): any[] => Object.values<any>(m.state).flatMap(({ panes: lists = [] }) => lists)
const source = (m: any): string => Object.keys(m.positions)[0]
const output = (m: any): string => Object.keys(m.outputs)[0]
const retained = (m: any): any[] => Object.values<any[]>(m.retained)[0]
const last = (change: (m: any, f: Forgery) => unknown) => (f: Forgery) => f.remake(BATCHES, (m) => change(m, f))
const ofBatch = (batch: number, change: (m: any, f: Forgery) => unknown) => (f: Forgery) =>
  f.remake(batch, (m) => change(m, f))
const heads = (change: (head: any) => unknown) => (f: Forgery) => {
  for (const { head } of f.writes.slice(-3)) change(head)
}

const edits: readonly Edit[] = [
  [
    'an older snapshot under the number of the last batch',
    last((m, f) => (keyed(m).chains = keyed(f.manifest(2)).chains)),
  ],
  ['the chain of the batch before', last((m, f) => (keyed(m).chains = keyed(f.manifest(5)).chains))],
  ['a chain without its newest block', last((m) => keyed(m).chains[0].blocks.pop())],
  ['a chain without its oldest block', last((m) => keyed(m).chains[0].blocks.shift())],
  ['two chains that changed places', last((m) => swap(keyed(m).chains, 0, 1, 'blocks'))],
  ['a chain of two that is there twice', last((m) => (keyed(m).chains[1].blocks = keyed(m).chains[0].blocks))],
  ['key groups that nobody has', last((m) => keyed(m).chains.pop())],
  ['a count of keys that is wrong', last((m) => (keyed(m).chains[0].blocks.at(-1).keys += 1))],
  ['blocks in another order', last((m) => keyed(m).chains[0].blocks.reverse())],
  ['a delta that says it is a snapshot', last((m) => (keyed(m).chains[0].blocks.at(-1).kind = 'snapshot'))],
  ['an operator without its state', last((m) => delete m.state[uidOf(m, 'updateStateByKey')])],
  ['a window without its state', last((m) => delete m.state[uidOf(m, 'Window')])],
  ['state under the name of another operator', last((m) => rename(m.state, uidOf(m, 'updateStateByKey'), 'other'))],
  ['state of another version', last((m) => (keyed(m).version = 2))],
  ['a pane left out at the old end', last((m) => panes(m).forEach((list) => list.panes.shift()))],
  ['a pane left out in the middle', last((m) => panes(m)[0].panes.splice(1, 1))],
  ['the newest pane replaced by the one before', last((m) => same(panes(m)[0].panes))],
  [
    'a pane of another batch',
    last((m, f) => (panes(m)[0].panes.at(-1).ref = panes(f.manifest(5))[0].panes.at(-1).ref)),
  ],
  ['a pane with the time of another', last((m) => (panes(m)[0].panes.at(-1).time -= 1000))],
  ['no panes at all', last((m) => panes(m).forEach((list) => (list.panes = [])))],
  ['panes of the batch before', last((m, f) => copyPanes(m, f.manifest(5)))],
  ['a running result as of another slide', last((m) => (named(m, 'Window').slideTime = 1))],
  ['kept records of the batch before', last((m, f) => (m.retained = f.manifest(5).retained))],
  ['kept records without their oldest batch', last((m) => retained(m).shift())],
  ['kept records without their newest batch', last((m) => retained(m).pop())],
  ['kept records without a part', last((m) => retained(m)[0].parts.pop())],
  ['kept records of a stream that nobody reads', last((m) => rename(m.retained, Object.keys(m.retained)[0], 'other'))],
  ['kept records with the time of another batch', last((m) => (retained(m).at(-1).time += 1000))],
  ['a position that goes back one batch', last((m, f) => moveBack(m, f.manifest(5)))],
  ['a position that goes back three batches', last((m, f) => moveBack(m, f.manifest(3)))],
  ['a position that goes back, without its cut', last((m, f) => (m.positions = f.manifest(3).positions))],
  ['a position that is ahead', last((m) => (m.positions[source(m)] = 999))],
  ['a source without a position', last((m) => delete m.positions[source(m)])],
  ['a position of another source', last((m) => rename(m.positions, source(m), 'other'))],
  ['a cut of the batch before', last((m, f) => (m.cuts = f.manifest(5).cuts))],
  ['a cut without a split', last((m) => m.cuts[source(m)].splits.pop())],
  ['a record count above its cut', last((m) => (m.records[source(m)] = 10_000))],
  ['another time', last((m) => (m.time += 1000))],
  ['another tick', last((m) => (m.tick += 1))],
  ['the number of another batch', last((m) => (m.batch = 5))],
  ['another base', last((m) => (m.base = 'other'))],
  ['another nonce', last((m) => (m.nonce = 'other'))],
  ['another graph', last((m) => (m.graph = 'other'))],
  ['a change that never was', last((m) => (m.change = { moved: {}, dropped: [uidOf(m, 'updateStateByKey')] }))],
  ['facts that lose an operator with state', facts((operators) => operators.filter(({ state }) => !state))],
  ['facts that lose the source', facts((operators) => operators.filter((each) => !each.source))],
  ['facts that lose the outputs', facts((operators) => operators.filter((each) => !each.output))],
  ['facts of another interval', facts((operators) => operators, { batchMs: 500 })],
  ['an owed output that is removed from the commit on', heads((head) => head.owed.pop())],
  ['an owed output that is there twice', heads((head) => head.owed.push(head.owed[0]))],
  ['an owed output of another batch', heads((head) => (head.owed[0].batch += 1))],
  [
    'an owed output with the manifest of another batch',
    heads((head) => (head.owed[0].manifest = head.owed[1].manifest)),
  ],
  ['an owed output with another name', heads((head) => (head.owed[0].output = 'other'))],
  ['what an owed output shows, exchanged', ofBatch(4, (m, f) => (m.outputs = f.manifest(3).outputs))],
  ['an owed output without a part', ofBatch(4, (m) => m.outputs[output(m)].pop())],
  ['an output of the last batch without a part', last((m) => m.outputs[output(m)].pop())],
  [
    'the manifest of the batch before in the head',
    heads((head) => (head.manifest.key = head.manifest.key.replace(/6/, '5'))),
  ],
  ['a number of batches that is too small', heads((head) => (head.committed = 5))],
  ['a number of batches that is too large', heads((head) => (head.committed = 7))],
  ['another tick in the head', heads((head) => (head.tick = 9))],
  ['a floor above what is kept', heads((head) => (head.gcFloor = 6))],
  ['an epoch that goes back', heads((head) => (head.epoch = 1))],
  ['another interval in the head', heads((head) => (head.intervalMs = 500))],
  ['another zero time', heads((head) => (head.zeroTime += 1000))],
  ['another incarnation', heads((head) => (head.inc = 'other'))],
  ['a commit that is left out', (f) => f.writes.splice(f.writes.indexOf(f.write('commit', 6)), 1) && f.renumber()],
  ['a batch that is left out', (f) => f.writes.splice(f.writes.indexOf(f.write('commit', 4)), 2) && f.renumber()],
]

function facts(change: (operators: any[]) => any[], more: object = {}) {
  return (f: Forgery): void => {
    const stored = JSON.parse(Buffer.from(f.bytes((f.manifest(BATCHES) as any).facts)).toString())
    const forged = { ...stored, ...more, operators: change(stored.operators).map((each) => ({ ...each, parents: [] })) }
    const ref = f.put((f.manifest(BATCHES) as any).facts, Buffer.from(JSON.stringify(forged)))
    for (let batch = 1; batch <= BATCHES; batch++) f.remake(batch, (m) => (m.facts = ref))
  }
}

const uidOf = (m: any, kind: string): string => Object.keys(m.state).find((uid) => uid.includes(kind))!
const same = (list: any[]): void => void (list.at(-1).ref = list.at(-2).ref)
function swap(list: any[], i: number, j: number, field: string): void {
  ;[list[i][field], list[j][field]] = [list[j][field], list[i][field]]
}
function rename(all: any, from: string, to: string): void {
  all[to] = all[from]
  delete all[from]
}
function moveBack(m: any, to: any): void {
  m.positions = to.positions
  m.cuts[source(m)].position = to.positions[source(m)]
}
function copyPanes(m: any, from: any): void {
  for (const [uid, state] of Object.entries<any>(from.state)) if (state.panes) m.state[uid] = state
}

test('there are at least 55 edits, each with a name of its own', () => {
  assert.ok(edits.length >= 55)
  assert.equal(new Set(edits.map(([name]) => name)).size, edits.length)
})

test('without an edit, what was written again goes on as it was', async (t) => {
  const run = await goOn(t, (await Forgery.of(t, original)).save())
  assert.deepEqual([run.errors, run.shown], [[], expected.shown])
})

for (const [name, edit] of edits) {
  test(`refused, or without any effect: ${name}`, async (t) => {
    const forgery = await Forgery.of(t, original)
    edit(forgery)
    const folder = forgery.save()
    const run = await goOn(t, folder)
    const codes = run.errors.map(({ code }) => code)
    const isFound = await verifyApp(folder).then(
      ({ violation }) => violation !== null,
      () => true,
    )
    for (const [uid, batches] of Object.entries(expected.shown))
      for (const [i, rows] of batches.entries())
        if (run.shown[uid]?.[i] !== undefined) assert.deepEqual(sorted(run.shown[uid][i]), sorted(rows), `${uid} ${i}`)
    const isWhole = Object.entries(expected.shown).every(([uid, batches]) =>
      batches.every((rows, i) => rows === undefined || run.shown[uid]?.[i] !== undefined),
    )
    assert.ok(isWhole || codes.length > 0, 'nothing was shown, and nobody said why')
    assert.ok(!isFound || codes.length > 0, 'verify refuses it, and a start does not')
  })
}

const sorted = (rows: readonly unknown[] | undefined): string[] => (rows ?? []).map((row) => JSON.stringify(row)).sort()
