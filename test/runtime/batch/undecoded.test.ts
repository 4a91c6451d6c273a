import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { systemRandom } from '../../../lib/adapters/local/system-random.ts'
import { getBlob } from '../../../lib/checkpoint/blobs.ts'
import { decodeLetters } from '../../../lib/checkpoint/letter-blocks.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import type { BatchPlan, UndecodedPart } from '../../../lib/model/task.ts'
import type { HeldApp } from '../../../lib/runtime/batch/held-app.ts'
import type { TaskDone } from '../../../lib/runtime/batch/run-stages.ts'
import { keepUndecoded } from '../../../lib/runtime/batch/undecoded.ts'

const plan = { app: 'test', inc: 'i1', batch: 7 } as BatchPlan

/** What was left out of one split, `lines` of it as letters. */
const part = (source: string, split: string, lines: number, more: Partial<UndecodedPart> = {}): UndecodedPart => {
  const facts = { code: 'E_DECODE_UTF8', message: 'no text', path: split }
  const letter = (index: number) => ({ split, index, ...facts, offset: index, bytes: '/w==' })
  const letters = Array.from({ length: lines }, (_, index) => letter(index))
  return { source, split, replaced: 0, skipped: 0, lettersCount: lines, letters, first: facts, ...more }
}

async function kept(
  answers: readonly (readonly UndecodedPart[])[],
  records: number,
): Promise<{ ids: unknown; places: string[]; said: unknown[] }> {
  const blobs = new MemoryBlobStore()
  const held = { host: { blobs, random: systemRandom }, forgets: false } as unknown as HeldApp
  const done = answers.map((undecoded, i) => ({ undecoded, records: { a: { [`s${i}`]: records } } }))
  const { letters, events } = await keepUndecoded(held, plan, done as unknown as TaskDone[])
  const stored = letters ? decodeLetters(await getBlob(blobs, letters.ref), 'letters') : []
  const said = events.map((event) => event.type === 'source-undecoded' && [event.source, event.letters, event.skipped])
  return { ids: letters?.open, places: stored.map(({ source, split }) => `${source} ${split}`), said }
}

test('what is left out of each split of each source is a letter, under an id of its own', async () => {
  assert.deepEqual(await kept([[part('a', 's1', 2), part('a', 's2', 1)], [part('b', 's1', 1)]], 10), {
    ids: { a: ['7-u1', '7-u2', '7-u3'], b: ['7-u4'] },
    places: ['a s1', 'a s1', 'a s2', 'b s1'],
    said: [
      ['a', 3, 0],
      ['b', 1, 0],
    ],
  })
})

test('a split that two tasks have read was left out of once', async () => {
  const { places, said } = await kept([[part('a', 's1', 2)], [part('a', 's1', 2)]], 10)
  assert.deepEqual([places, said], [['a s1', 'a s1'], [['a', 2, 0]]])
})

test('files that are skipped, and lines that are mended, are said and are no letters', async () => {
  const { ids, said } = await kept([[part('a', 's1', 0, { skipped: 1 }), part('a', 's2', 0, { replaced: 3 })]], 10)
  assert.deepEqual([ids, said], [undefined, [['a', 0, 1]]])
})

test('more than a hundred, and more than one in a hundred, are no accident; what was received stays', async () => {
  const refused = (error: unknown): boolean => hasCode(error, 'E_DEAD_LETTERS')
  await assert.rejects(kept([[part('a', 's1', 101)]], 10), refused)
  await assert.rejects(kept([[part('a', 's1', 60)], [part('a', 's2', 60)]], 10), refused)
  assert.equal((await kept([[part('a', 's1', 100)]], 10)).places.length, 100)
  assert.equal((await kept([[part('a', 's1', 150)]], 20_000)).places.length, 150)
  assert.equal((await kept([[part('a', 's1', 150, { isReceived: true })]], 10)).places.length, 150)
})
