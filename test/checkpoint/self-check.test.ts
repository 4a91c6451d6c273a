import assert from 'node:assert/strict'
import { test } from 'node:test'
import { selfCheck } from '../../lib/checkpoint/self-check.ts'
import type { Manifest } from '../../lib/model/manifest.ts'
import { fullManifest, ref } from './manifests.ts'

const bare = { state: {}, outputs: {}, skip: {}, deadLetters: [] } satisfies Partial<Manifest>
const base = fullManifest({ ...bare, batch: 1, tick: 1, time: 1000 })
const after = (changes: Partial<Manifest>): string | null =>
  selfCheck(base, fullManifest({ ...bare, batch: 2, tick: 2, time: 2000, ...changes }))

const chain = (from: number, to: number): Manifest['state'][string]['chains'][number] => ({
  from,
  to,
  keys: 1,
  blocks: [{ kind: 'snapshot', batch: 1, ref: ref(`st/${from}`), keys: 1 }],
})
const deltaAlone: ReturnType<typeof chain>['blocks'] = [{ kind: 'delta', batch: 2, ref: ref('st/d'), keys: 1 }]
const sums = (...chains: ReturnType<typeof chain>[]): Partial<Manifest> => ({ state: { sums: { chains } } })
const parts = (...partitions: number[]): Partial<Manifest> => ({
  outputs: { print: partitions.map((partition) => ({ partition, records: 0, ref: null })) },
})
const letters = (batch: number, ...ids: string[]): NonNullable<Manifest['deadLetters']>[number] => ({
  batch,
  open: { lines: ids },
  ref: ref(`dlq/9e/${batch}/d`),
})

const wrong: readonly [sentence: string, changes: Partial<Manifest>, says: RegExp][] = [
  ['batches follow one another', { batch: 3 }, /batch 3 follows batch 1/],
  ['a tick is used once', { tick: 1 }, /tick 1 follows tick 1/],
  ['a batch time is used once', { time: 1000 }, /batch time 1000 follows 1000/],
  ['batch times do not go back', { time: 900 }, /batch time 900 follows 1000/],
  ['state begins with the first key group', sums(chain(1, 256)), /^state of sums: key groups 0 to 0 are missing/],
  ['state has no gap', sums(chain(0, 100), chain(101, 256)), /key groups 100 to 100 are missing/],
  ['state reaches the last key group', sums(chain(0, 255)), /key groups 255 to 255 are missing/],
  ['a key group is there once', sums(chain(0, 101), chain(100, 256)), /key group 100 is there twice/],
  ['a chain begins with a snapshot', sums({ ...chain(0, 256), blocks: deltaAlone }), /^state of sums: /],
  ['a partition of an output is there', parts(0, 2), /output print: partition 1 is missing or there twice/],
  ['the first partition of an output is there', parts(1), /output print: partition 0 is missing or there twice/],
  ['a partition of an output is there once', parts(0, 0, 1), /output print: partition 1 is missing or there twice/],
  [
    'what was set aside is kept',
    { skip: { lines: { a: [0], b: [1, 2] } }, deadLetters: [letters(1, '1-1'), letters(2, '2-1')] },
    /3 records were set aside and 1 dead letters kept/,
  ],
  ['what is kept was set aside', { deadLetters: [letters(2, '2-1')] }, /0 records were set aside and 1 dead letters/],
]
for (const [sentence, changes, says] of wrong)
  test(sentence, () => {
    assert.match(after(changes) ?? 'nothing is wrong', says)
  })

test('a manifest that goes on from the one before it is well', () => {
  assert.equal(after({}), null)
})

test('chains in any order, letters of lines that could not be decoded and those of batches before are well', () => {
  const undecoded = { ...letters(2, '2-u1', '2-u2'), undecoded: true as const }
  const deadLetters = [letters(1, '1-1'), letters(2, '2-1'), undecoded]
  assert.equal(after({ ...sums(chain(100, 256), chain(0, 100)), skip: { lines: { a: [7] } }, deadLetters }), null)
  assert.equal(after(parts(0, 1, 2)), null)
  assert.equal(selfCheck(null, fullManifest({ ...bare, batch: 1, tick: 1, time: 1000 })), null)
  assert.match(selfCheck(null, fullManifest({ ...bare, batch: 2 }))!, /batch 2 follows batch 0/)
})

test('state goes on under its name and in its version, or under the name that a change gives it', () => {
  const state = (name: string, version: number): Manifest['state'] => ({ [name]: { chains: [chain(0, 256)], version } })
  const next = (now: Manifest['state'], change: Partial<Manifest> = {}): string | null => {
    const { change: _none, ...plain } = fullManifest({ ...bare, state: now })
    return selfCheck({ ...base, state: state('sums', 2) }, { ...plain, ...change })
  }
  const moved = { change: { moved: { sums: 'totals' }, dropped: [] } }
  assert.deepEqual(
    [next(state('sums', 2)), next(state('sums', 3)), next(state('totals', 2), moved)],
    [null, null, null],
  )
  assert.equal(next({}, { change: { moved: {}, dropped: ['sums'] } }), null)
  assert.equal(next(state('totals', 2)), 'state of sums is missing')
  assert.equal(next(state('sums', 1)), 'state of sums went back from version 2 to 1')
  assert.equal(next(state('totals', 1), moved), 'state of totals went back from version 2 to 1')
})

test('state that says no version is of the first one', () => {
  const state = (version?: number): Manifest['state'] => ({
    sums: { chains: [chain(0, 256)], ...(version === undefined ? {} : { version }) },
  })
  const next = (before: Manifest['state'], now: Manifest['state']): string | null => {
    const { change: _none, ...plain } = fullManifest({ ...bare, state: now })
    return selfCheck({ ...base, state: before }, plain)
  }
  assert.deepEqual(
    [next(state(), state()), next(state(), state(1)), next(state(1), state()), next(state(), state(2))],
    [null, null, null, null],
  )
  assert.equal(next(state(2), state()), 'state of sums went back from version 2 to 1')
})
