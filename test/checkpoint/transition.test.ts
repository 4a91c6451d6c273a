import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  acquired,
  check,
  committed,
  created,
  halted,
  marked,
  planned,
  released,
  renewed,
  resumed,
  sealed,
  settled,
} from '../../lib/checkpoint/transition.ts'
import type { DeadLetters } from '../../lib/model/dead-letter.ts'
import type { Head } from '../../lib/model/head.ts'
import { headWith, manifestRef } from './heads.ts'

const facts = { app: 'test', graph: 'g1', intervalMs: 1000, zeroTime: 0, conf: {}, holder: 'me', leaseUntil: 100 }
const head = headWith()
const next = committed(head, { tick: 2, manifest: manifestRef(2) })
const owing = marked(next, { owed: [{ batch: 2, output: 'out', manifest: manifestRef(2) }], gcFloor: 0 })
const open = planned(head, { nonce: 'p', tick: 2, content: manifestRef(7) })
const letters: DeadLetters = { batch: 1, open: { out: ['1-1o1'] }, ref: manifestRef(1), ofOutput: true }
const halt = halted(head, 'a reason')
const sealedOnce = sealed(open, manifestRef(8))
const lettered = { ...next, letters: [letters] }
const by = { holder: 'other', leaseUntil: 9, graph: 'g1', conf: {}, intervalMs: 1000, zeroTime: 0 }
const hidden = planned(head, { nonce: 'p', tick: 2, content: manifestRef(7), hidden: true })
const free = (of: Head): Head => ({ ...of, holder: null, leaseUntil: 0 })

const legal: readonly [cause: string, before: Head | null, after: Head][] = [
  ['create', null, created({ ...facts, inc: 'i1' })],
  ['recreate', head, created({ ...facts, inc: 'i2' })],
  ['acquire', head, acquired(head, { ...by, graph: 'g2' })],
  ['acquire', head, acquired(head, { ...by, graph: 'g2', intervalMs: 5000, zeroTime: 5000 })],
  ['acquire', hidden, acquired(hidden, { ...by, graph: 'g2' })],
  ['resume', halt, { ...resumed(acquired(halt, by)), intervalMs: 5000, zeroTime: 5000 }],
  ['commit', head, next],
  ['commit', head, committed(acquired(head, by), { tick: 2, manifest: manifestRef(2) })],
  ['plan', head, open],
  ['commit', open, committed(open, { tick: 2, manifest: manifestRef(2) })],
  ['seal', open, sealedOnce],
  ['seal', sealedOnce, sealed(sealedOnce, manifestRef(9))],
  ['commit', sealedOnce, committed(sealedOnce, { tick: 2, manifest: manifestRef(2) })],
  ['renew', head, renewed(head, 500)],
  ['mark', next, marked(next, { owed: [], gcFloor: 0, letters: [letters] })],
  ['mark', lettered, marked(lettered, { owed: [], gcFloor: 0 })],
  [
    'commit',
    { ...head, letters: [letters] },
    committed({ ...head, letters: [letters] }, { tick: 2, manifest: manifestRef(2), letters: [letters] }),
  ],
  ['mark', next, marked(next, { owed: [], gcFloor: 0 })],
  ['mark', next, marked(next, { owed: [], gcFloor: 2 })],
  ['mark', next, owing],
  ['mark', owing, settled(owing, [])],
  ['halt', head, halt],
  ['resume', halt, { ...resumed(halt), epoch: 2, holder: 'other' }],
  ['release', head, released(head)],
  ['release', next, released(marked(next, { owed: [], gcFloor: 0 }))],
  ['release', owing, released(settled(owing, []))],
  ['release', owing, released(settled(owing, owing.owed, [letters]))],
]
for (const [cause, before, after] of legal)
  test(`a ${cause} made by its own function is legal`, () => {
    assert.equal(check(before, after, cause), null)
  })

const illegal: readonly [sentence: string, before: Head | null, after: Head, cause: string, why: RegExp][] = [
  ['the first write creates', null, head, 'commit', /not a creation/],
  ['nothing is created over a head', head, headWith({ committed: 1 }), 'create', /created over/],
  ['a recreation is a new incarnation', head, headWith({ committed: 0 }), 'recreate', /new incarnation/],
  ['the app keeps its name', head, headWith({ app: 'other' }), 'mark', /identity changed/],
  [
    'the zero time stays as long as the interval does',
    head,
    headWith({ epoch: 2, zeroTime: 5 }),
    'acquire',
    /zero time/,
  ],
  ['the interval changes between two lives only', head, headWith({ zeroTime: 5, intervalMs: 5 }), 'mark', /interval/],
  ['an epoch does not go back', headWith({ epoch: 3 }), headWith({ epoch: 2 }), 'acquire', /went back/],
  ['a batch that was committed stays so', head, headWith({ committed: 0, outDone: 0 }), 'mark', /tick went back/],
  ['a tick that was used stays so', head, headWith({ tick: 0 }), 'mark', /tick went back/],
  ['a floor does not go back', headWith({ gcFloor: 1 }), head, 'mark', /gcFloor went back/],
  ['a field that a step does not move is not added', head, headWith({ idle: 1 }), 'mark', /idle changed/],
  ['a field that a step does not move is not left out', headWith({ idle: 1 }), head, 'mark', /idle changed/],
  ['an acquisition raises the epoch by one', head, headWith({ epoch: 3 }), 'acquire', /by one/],
  ['an acquisition commits nothing', head, headWith({ epoch: 2, committed: 2 }), 'acquire', /committed changed/],
  ['batches are committed one by one', head, headWith({ committed: 3, tick: 3 }), 'commit', /from batch 1 to 3/],
  [
    'a commit waits for the outputs before it',
    next,
    headWith({ committed: 3, tick: 3 }),
    'commit',
    /before the outputs of 2/,
  ],
  ['a tick is used once', head, headWith({ committed: 2, tick: 1 }), 'commit', /tick 1 follows tick 1/],
  ['nothing is committed while halted', halt, headWith({ committed: 2, tick: 2, halt: halt.halt }), 'commit', /halted/],
  [
    'an open plan is not replaced',
    open,
    planned(head, { nonce: 'q', tick: 3, content: manifestRef(8) }),
    'plan',
    /plan of batch 2 was replaced/,
  ],
  ['an open plan outlives a takeover', open, acquired(head, { ...by, graph: 'g2' }), 'acquire', /plan changed/],
  ['a hidden plan outlives a takeover by the same program', hidden, acquired(head, by), 'acquire', /plan changed/],
  [
    'another program drops a hidden plan, and puts none in its place',
    hidden,
    { ...acquired(head, { ...by, graph: 'g2' }), plan: open.plan! },
    'acquire',
    /plan changed/,
  ],
  [
    'an open plan is committed at its own tick',
    open,
    committed(open, { tick: 3, manifest: manifestRef(2) }),
    'commit',
    /while the plan for tick 2/,
  ],
  ['a plan closes with its commit', open, { ...next, plan: open.plan! }, 'commit', /stayed open/],
  [
    'nothing is planned for a tick that was used',
    head,
    planned(head, { nonce: 'p', tick: 1, content: manifestRef(7) }),
    'plan',
    /later tick/,
  ],
  [
    'a plan waits for the outputs before it',
    next,
    planned(next, { nonce: 'p', tick: 3, content: manifestRef(7) }),
    'plan',
    /before the outputs of 2/,
  ],
  [
    'a commit that takes the app raises the epoch by one',
    head,
    headWith({ committed: 2, tick: 2, epoch: 3 }),
    'commit',
    /epoch changed/,
  ],
  [
    'a commit that takes the app waits for the outputs before it as well',
    next,
    headWith({ ...next, committed: 3, tick: 3, epoch: 2 }),
    'commit',
    /before the outputs of 2/,
  ],
  [
    'a commit that takes the app leaves an open plan to be run',
    open,
    { ...committed(headWith({ epoch: 2 }), { tick: 3, manifest: manifestRef(2) }), holder: 'other' },
    'commit',
    /while the plan for tick 2/,
  ],
  ['outputs of a batch to come cannot be done', head, headWith({ outDone: 2 }), 'mark', /only 1 is committed/],
  ['a mark does not go back', next, headWith({ ...next, outDone: 0 }), 'mark', /went back/],
  ['the floor stays below what was delivered', head, headWith({ gcFloor: 2 }), 'mark', /floor/],
  ['a mark changes no manifest', next, headWith({ ...next, manifest: manifestRef(9) }), 'mark', /manifest changed/],
  ['a halt has a reason', head, head, 'halt', /without a reason/],
  ['a resumption raises the epoch', halt, resumed(halt), 'resume', /raise the epoch/],
  [
    'a release that marks owes nothing but what failed of the batch that it marks',
    next,
    headWith({ ...next, outDone: 2, owed: [{ batch: 1, output: 'o', manifest: manifestRef(1) }], holder: null }),
    'release',
    /not the one that was marked/,
  ],
  ['a plan is sealed by who holds the app', free(open), free(sealedOnce), 'seal', /sealed while nobody held/],
  ['what is sealed is a plan', head, headWith({ leaseUntil: 101 }), 'seal', /sealed without a plan/],
  ['a seal has answers', open, { ...open, leaseUntil: 101 }, 'seal', /sealed without a plan/],
  [
    'a seal is of the plan that was open',
    open,
    { ...sealedOnce, plan: { ...sealedOnce.plan!, nonce: 'q' } },
    'seal',
    /changed the plan that it is of/,
  ],
  ['a plan is made by who holds the app', free(head), free(open), 'plan', /planned while nobody held/],
  ['a commit is made by who holds the app', free(head), free(next), 'commit', /committed while nobody held/],
  [
    'a mark is made by who holds the app',
    free(next),
    { ...free(next), outDone: 2 },
    'mark',
    /marked while nobody held/,
  ],
  ['a sign of life is of who holds the app', free(head), free(headWith()), 'renew', /renewed while nobody held/],
  ['who lets go holds the app no more', head, headWith({ leaseUntil: 0 }), 'release', /nobody in possession/],
  ['a sign of life moves the lease alone', head, headWith({ leaseUntil: 200, tick: 2 }), 'renew', /tick changed/],
  ['a commit brings no letters of outputs', head, lettered, 'commit', /brought dead letters/],
  ['a mark forgets no letters of outputs', lettered, { ...next, outDone: 2 }, 'mark', /forgot dead letters/],
  [
    'a mark reaches the batch that was committed',
    headWith({ committed: 3, tick: 3, outDone: 1 }),
    headWith({ committed: 3, tick: 3, outDone: 2 }),
    'mark',
    /marked up to batch 2 of 3/,
  ],
  [
    'an output owes a batch once',
    next,
    { ...owing, owed: [...owing.owed, ...owing.owed] },
    'mark',
    /"out" of batch 2 is owed twice/,
  ],
  [
    'what is owed is of the manifest that was committed',
    next,
    { ...owing, owed: [{ ...owing.owed[0], manifest: manifestRef(1) }] },
    'mark',
    /not the one that was marked/,
  ],
  ['what was delivered is not owed again', settled(owing, []), owing, 'mark', /not the one that was marked/],
  ['a creation begins with nothing', null, headWith({ outDone: 0, committed: 0, tick: 0 }), 'create', /with nothing/],
  ['a halt is no commit', head, { ...halt, committed: 2 }, 'halt', /committed changed/],
  ['a step has a known name', head, head, 'dead-letter-command', /unknown cause/],
]
for (const [sentence, before, after, cause, why] of illegal)
  test(sentence, () => {
    assert.match(check(before, after, cause) ?? 'legal', why)
  })

test('another program drops a plan of which nothing was shown, and no other', () => {
  const keeps = (before: Head, graph: string): boolean => acquired(before, { ...by, graph }).plan === before.plan
  assert.deepEqual(
    [keeps(hidden, 'g1'), keeps(hidden, 'g2'), keeps(open, 'g1'), keeps(open, 'g2')],
    [true, false, true, true],
  )
})

test('who takes the app from somebody counts as idle until a batch is committed, who finds it free not', () => {
  const once = acquired(head, by)
  const idle = [once, acquired(once, by), acquired(released(once), by)].map((each) => [each.idle, each.epoch])
  assert.deepEqual(idle, [
    [1, 2],
    [2, 3],
    [1, 3],
  ])
  assert.equal(acquired(released(head), by).idle, undefined)
  assert.equal('idle' in committed(once, { tick: 2, manifest: manifestRef(2) }), false)
})

test('letters that outputs leave stay with the head until a batch lists them', () => {
  const other: DeadLetters = { ...letters, open: { out: ['1-2o1'] }, ref: manifestRef(3) }
  const left = settled(marked(next, { owed: [], gcFloor: 0, letters: [letters] }), [], [other])
  assert.deepEqual(left.letters, [letters, other])
  const batch = { tick: 3, manifest: manifestRef(3) }
  assert.deepEqual(committed(left, batch).letters, [letters, other])
  assert.deepEqual(committed(left, { ...batch, letters: [letters] }).letters, [other])
  assert.deepEqual(
    ['letters' in settled(next, []), 'letters' in marked(next, { owed: [], gcFloor: 0 })],
    [false, false],
  )
  assert.equal('letters' in committed(left, { ...batch, letters: [other, letters] }), false)
})

test('a mark raises the floor, and never lowers it', () => {
  const at = headWith({ committed: 9, outDone: 8, gcFloor: 5 })
  assert.deepEqual(
    [4, 7].map((gcFloor) => marked(at, { owed: [], gcFloor }).gcFloor),
    [5, 7],
  )
})

test('a halt names the batch that could not be committed', () => {
  assert.deepEqual(halt.halt, { reason: 'a reason', batch: 2 })
  assert.equal(resumed(halt).halt, null)
})
