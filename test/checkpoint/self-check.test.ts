import assert from 'node:assert/strict'
import { test } from 'node:test'
import { selfCheck } from '../../lib/checkpoint/self-check.ts'
import type { Manifest } from '../../lib/model/manifest.ts'
import { fullManifest } from './manifests.ts'

const bare = { state: {}, outputs: {}, skip: {}, deadLetters: [] } satisfies Partial<Manifest>
const base = fullManifest({ ...bare, batch: 1, tick: 1, time: 1000 })
const after = (changes: Partial<Manifest>): string | null =>
  selfCheck(base, fullManifest({ ...bare, batch: 2, tick: 2, time: 2000, ...changes }))

const wrong: readonly [sentence: string, changes: Partial<Manifest>, says: RegExp][] = [
  ['batches follow one another', { batch: 3 }, /batch 3 follows batch 1/],
  ['a tick is used once', { tick: 1 }, /tick 1 follows tick 1/],
  ['a batch time is used once', { time: 1000 }, /batch time 1000 follows 1000/],
  ['batch times do not go back', { time: 900 }, /batch time 900 follows 1000/],
]
for (const [sentence, changes, says] of wrong)
  test(sentence, () => {
    assert.match(after(changes) ?? 'nothing is wrong', says)
  })

test('a manifest that goes on from the one before it is well', () => {
  assert.equal(after({}), null)
})
