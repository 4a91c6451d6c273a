import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { putBlob } from '../../lib/checkpoint/blobs.ts'
import { putOutputLetters } from '../../lib/checkpoint/letter-blocks.ts'
import { putManifest } from '../../lib/checkpoint/manifest.ts'
import { committed, created, marked, planned } from '../../lib/checkpoint/transition.ts'
import { encodeBlock } from '../../lib/codec/block.ts'
import type { HeadWrite } from '../../lib/host/head-store.ts'
import type { Head } from '../../lib/model/head.ts'
import type { StoredPlan } from '../../lib/checkpoint/stored-plan.ts'
import type { Manifest } from '../../lib/model/manifest.ts'
import { faultOfPositions } from '../../lib/verify/graph.ts'
import { verifyHistory } from '../../lib/verify/history.ts'
import { cutTo, keys, manifestOf } from './manifests.ts'

const letter = {
  id: '1-1o',
  source: 'print',
  split: 'p0',
  index: 0,
  code: 'E_USER_CODE',
  message: 'no',
  place: null,
  ofOutput: true as const,
  record: 'a',
}

/** One batch whose output failed, and had been shown without a record: what the head names beside its manifest. */
async function history(): Promise<{
  readonly blobs: MemoryBlobStore
  readonly writes: HeadWrite<Head>[]
  readonly letters: string
  readonly staged: string
}> {
  const blobs = new MemoryBlobStore()
  const conf = { app: 'test', inc: 'i1', graph: 'g', intervalMs: 1000, zeroTime: 0, conf: {} }
  const first = created({ ...conf, holder: 'me', leaseUntil: 100 })
  const block = encodeBlock([{ section: 0, columns: [['a', 'b']], count: 2 }])
  const staged = await putBlob(blobs, keys.output('print', 1, 0, 'r.0'), block, 0)
  const manifest: Manifest = {
    format: 2,
    batch: 1,
    tick: 1,
    time: 1000,
    nonce: 'n1',
    base: null,
    graph: 'g',
    cuts: {},
    positions: {},
    actions: {},
    state: {},
    retained: {},
    outputs: { print: [{ partition: 0, records: 2, ref: staged }] },
    records: {},
  }
  const ref = await putManifest(blobs, keys, manifest)
  const letters = await putOutputLetters(blobs, keys.deadLetters(2, 'r.0'), 1, [letter])
  const second = committed(first, { tick: 1, manifest: ref })
  const owed = [{ batch: 1, output: 'print', manifest: ref }]
  const third = marked(second, { owed, gcFloor: 0, letters: [letters] })
  const writes = [
    { rev: 1, cause: 'create', value: first },
    { rev: 2, cause: 'commit', value: second },
    { rev: 3, cause: 'mark', value: third },
  ]
  return { blobs, writes, letters: letters.ref.key, staged: staged.key }
}

test('what outputs owe and were shown without is found good where it is there', async () => {
  const { blobs, writes } = await history()
  assert.deepEqual((await verifyHistory(writes, blobs)).violation, null)
})

test('dead letters that only the head names are missed when they are gone', async () => {
  const { blobs, writes, letters } = await history()
  await blobs.delete(letters)
  const { violation } = await verifyHistory(writes, blobs)
  assert.match(violation?.what ?? '', /^the dead letters that outputs of batch 1 left cannot be read: /)
})

test('what an output owes is missed when it is gone', async () => {
  const { blobs, writes, staged } = await history()
  await blobs.delete(staged)
  assert.match(
    (await verifyHistory(writes, blobs)).violation?.what ?? '',
    /^batch 1 needs an object that cannot be read/,
  )
})

test('an output that is owed by a manifest which does not have it is said', async () => {
  const { blobs, writes } = await history()
  const mark = writes[2]
  const owed = [{ ...mark.value.owed[0], output: 'other' }]
  const { violation } = await verifyHistory([...writes.slice(0, 2), { ...mark, value: { ...mark.value, owed } }], blobs)
  assert.match(violation?.what ?? '', /^output "other" of batch 1 is owed, but its manifest does not have it/)
})

const conf = { app: 'test', inc: 'i1', graph: 'g', intervalMs: 1000, zeroTime: 0, conf: {} }

const planOf = (batch: number, changes: Partial<StoredPlan> = {}): StoredPlan => ({
  batch,
  tick: batch,
  time: 1000 * batch,
  cuts: { lines: cutTo(batch) },
  positions: { lines: batch },
  actions: {},
  settled: [],
  ...changes,
})

/** What is wrong with a batch whose plan was opened first; `null`: nothing is. */
async function faultOfPlanned(
  plan: Partial<StoredPlan>,
  { hidden, text, gone }: { readonly hidden?: true; readonly text?: string; readonly gone?: true } = {},
): Promise<string | null> {
  const blobs = new MemoryBlobStore()
  const bytes = Buffer.from(text ?? JSON.stringify(planOf(1, plan)))
  const content = await putBlob(blobs, keys.plan(1, 'p1'), bytes, 0)
  if (gone) await blobs.delete(content.key)
  const first = created({ ...conf, holder: 'me', leaseUntil: 100 })
  const open = planned(first, { nonce: 'p1', tick: 1, content, ...(hidden ? { hidden } : {}) })
  const done = committed(open, { tick: 1, manifest: await putManifest(blobs, keys, manifestOf(1)) })
  const writes = [first, open, done].map((value, i) => ({ rev: i + 1, cause: ['create', 'plan', 'commit'][i], value }))
  return (await verifyHistory(writes, blobs)).violation?.what ?? null
}

test('a batch whose plan was opened first is that plan: its number, its time and what it reads', async () => {
  assert.equal(await faultOfPlanned({}), null)
  const wrong: readonly [Partial<StoredPlan>, string][] = [
    [{ batch: 2 }, 'batch'],
    [{ tick: 2 }, 'tick'],
    [{ time: 2000 }, 'time'],
    [{ cuts: { lines: cutTo(2) } }, 'cuts'],
    [{ positions: { lines: 2 } }, 'positions'],
  ]
  for (const [plan, field] of wrong)
    assert.equal(await faultOfPlanned(plan), `batch 1 has other ${field} than its plan`)
})

test('where reading finds the ends, or nothing was shown, a plan is held to its time alone', async () => {
  const other = { cuts: { lines: cutTo(7) }, positions: { lines: 7 } }
  assert.equal(await faultOfPlanned({ ...other, ends: { lines: {} } }), null)
  assert.equal(await faultOfPlanned({ ...other, ends: { others: {} } }), 'batch 1 has other cuts than its plan')
  assert.equal(await faultOfPlanned(other, { hidden: true }), null)
  assert.equal(await faultOfPlanned({ ...other, time: 7 }, { hidden: true }), 'batch 1 has other time than its plan')
})

test('a plan that is gone was swept, one that cannot be read is said', async () => {
  assert.equal(await faultOfPlanned({}, { gone: true }), null)
  assert.match((await faultOfPlanned({}, { text: '{}' })) ?? '', /^the plan of batch 1 cannot be read: /)
})

/** A log of so many batches, each committed and marked, with the floor at `gcFloor` in the end. */
async function batches(
  count: number,
  gcFloor = 0,
  change: (batch: number) => Partial<Manifest> = () => ({}),
): Promise<{ readonly blobs: MemoryBlobStore; readonly writes: HeadWrite<Head>[]; readonly names: string[] }> {
  const blobs = new MemoryBlobStore()
  let head = created({ ...conf, holder: 'me', leaseUntil: 100 })
  const writes: HeadWrite<Head>[] = []
  const write = (cause: string, value: Head): void => void writes.push({ rev: writes.length + 1, cause, value })
  write('create', head)
  const names: string[] = []
  for (let batch = 1; batch <= count; batch++) {
    const ref = await putManifest(blobs, keys, manifestOf(batch, change(batch)), 0)
    names.push(ref.key)
    write('commit', (head = committed(head, { tick: batch, manifest: ref })))
    write('mark', (head = marked(head, { owed: [], gcFloor: batch === count ? gcFloor : 0 })))
  }
  return { blobs, writes, names }
}

test('manifests up to the floor may be swept, and are counted; those above it may not', async () => {
  for (const [gone, expected] of [
    [[], { batches: 5, swept: 0 }],
    [[1, 2, 3], { batches: 2, swept: 3 }],
    [[1, 2, 3, 4], /^the manifest of batch 4 cannot be read: /],
  ] as const) {
    const { blobs, writes, names } = await batches(5, 3)
    for (const batch of gone) await blobs.delete(names[batch - 1])
    const { violation, ...counts } = await verifyHistory(writes, blobs)
    if (expected instanceof RegExp) assert.match(violation?.what ?? '', expected)
    else
      assert.deepEqual([violation, counts.batches, counts.swept, counts.writes], [null, ...Object.values(expected), 11])
  }
})

test('of what is live nothing below the floor is read, and what is wrong above it is found', async () => {
  const { blobs, writes } = await batches(5, 3, (batch) => (batch === 2 ? { positions: { lines: 9 } } : {}))
  assert.equal((await verifyHistory(writes, blobs, { depth: 'live' })).violation, null)
  assert.match((await verifyHistory(writes, blobs)).violation?.what ?? '', /^the position of "lines" after batch 2/)
  const above = await batches(5, 3, (batch) => (batch === 5 ? { positions: { lines: 9 } } : {}))
  const { violation } = await verifyHistory(above.writes, above.blobs, { depth: 'live' })
  assert.match(violation?.what ?? '', /^the position of "lines" after batch 5/)
})

test('a log that was compacted is checked from its first write on', async () => {
  const { blobs, writes } = await batches(4)
  for (let from = 1; from < writes.length; from++) {
    const { violation, batches: found } = await verifyHistory(writes.slice(from), blobs)
    assert.deepEqual([violation, found], [null, writes.slice(from).filter(({ cause }) => cause === 'commit').length])
  }
  const other = await batches(4, 0, (batch) => (batch === 4 ? { base: 'n2' } : {}))
  for (const from of [0, 1, 2, 4, 5, 6])
    assert.equal(
      (await verifyHistory(other.writes.slice(from), other.blobs)).violation?.what,
      'the manifest of batch 4 builds on n2, but n3 was committed before it',
      `from write ${from + 1}`,
    )
})

test('what an earlier batch has read is not read again, though another one lies between them', async () => {
  const again = (batch: number): Partial<Manifest> =>
    batch === 4 ? { cuts: { lines: cutTo(2) }, positions: { lines: 2 } } : {}
  const { blobs, writes } = await batches(4, 0, again)
  assert.equal((await verifyHistory(writes, blobs)).violation?.what, 'batch 4 reads from "lines" what batch 2 has read')
})

test('a log that is whole begins with a creation', async () => {
  const { blobs, writes } = await batches(2)
  const [, ...others] = writes
  const moved = others.map((write, i) => ({ ...write, rev: i + 1 }))
  assert.match(
    (await verifyHistory(moved, blobs)).violation?.what ?? '',
    /^the first write is "commit", not a creation/,
  )
})

test('a position that is a number, or numbers by name, never falls; others are not compared', () => {
  const after = (before: unknown, now: unknown): string | null =>
    faultOfPositions(
      manifestOf(1, { positions: { lines: before as never } }),
      manifestOf(2, { positions: { lines: now as never } }),
    )
  for (const [before, now] of [
    [4, 4],
    [4, 5],
    [
      { a: 1, b: 2 },
      { a: 1, b: 3 },
    ],
    [{ a: 5, b: 2 }, { a: 4 }],
    [
      { a: 5, b: 2 },
      { a: 5, c: 1 },
    ],
    [
      { a: 5, b: 2 },
      { c: 5, b: 1 },
    ],
    [
      { a: 5, b: 'x' },
      { a: 4, b: 'x' },
    ],
    ['9', '8'],
    [9, { a: 1 }],
    [null, 3],
    [null, -3],
    ['9', 8],
    [undefined, 3],
  ])
    assert.equal(after(before, now), null, JSON.stringify([before, now]))
  for (const [before, now] of [
    [4, 3],
    [
      { a: 1, b: 2 },
      { a: 2, b: 1 },
    ],
    [{ a: 2 }, { a: 1 }],
  ])
    assert.equal(after(before, now), `the position of "lines" goes back with batch 2, from ${JSON.stringify(before)}`)
})
