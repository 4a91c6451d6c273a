import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { putCommand, readCommands } from '../../lib/checkpoint/dead-letters.ts'
import { decodeLetters, encodeLetters } from '../../lib/checkpoint/letter-blocks.ts'
import { ObjectKeys } from '../../lib/checkpoint/object-keys.ts'
import { readOutputCommands } from '../../lib/checkpoint/output-commands.ts'
import { decodeFacts } from '../../lib/checkpoint/stored-facts.ts'
import { decodePlan, type StoredPlan } from '../../lib/checkpoint/stored-plan.ts'
import { encodeBlock } from '../../lib/codec/block.ts'
import type { ErrorCode } from '../../lib/model/error-codes.ts'
import { marksOf } from '../../lib/source/marks.ts'
import { SeenFiles } from '../../lib/source/seen-files.ts'
import { memoryIo } from '../../lib/testing/contracts/source.ts'
import { assertRefusal, SECRET, thrownBy } from '../support/secret.ts'
import { ref } from './manifests.ts'

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
const refuses = async (read: () => unknown, code: ErrorCode, words: RegExp): Promise<void> => {
  assertRefusal(await thrownBy(async () => read()), code, words)
}

const letters = { 'sluice.deadLetters': { ref: ref('dlq/9e/1/d'), ids: ['1-1'] } }
const plan: StoredPlan = {
  batch: 2,
  tick: 2,
  time: 2000,
  cuts: { lines: { position: 4, splits: [[2, 4], letters], records: 2 } as never },
  positions: { lines: 4 },
  actions: { transform: ['AAAA'] },
  skip: { lines: { '[2,4]': [0, 3] } },
  ends: { lines: { '[2,4]': [2, 4] } },
  settled: ['1-1'],
}

test('a plan is read as it was written, and a forged one is refused by its first field', async () => {
  const at = ref('plan/9e/2/n2.json')
  assert.deepEqual(decodePlan(bytesOf(plan), at), plan)
  const foreign = { 'sluice.deadLetters': { ref: { ...ref('x'), key: 'other/i1/dlq/9e/1/d' }, ids: [] } }
  const cutOf = (split: unknown) => ({ lines: { position: 4, splits: [split], records: null } })
  for (const [change, code, words] of [
    [{ settled: [1] }, 'E_MANIFEST_CORRUPT', /^Plan test\/i1\/plan.* is not one: settled\[0\] is not a text\.$/],
    [{ skip: { lines: [SECRET] } }, 'E_MANIFEST_CORRUPT', /skip\["lines"\] is not an object/],
    [{ batch: -1 }, 'E_MANIFEST_CORRUPT', /batch is not a whole number/],
    [{ positions: SECRET }, 'E_MANIFEST_CORRUPT', /positions is not an object/],
    [{ cuts: cutOf(foreign) }, 'E_REF_SCOPE', /names an object outside of its app/],
  ] as const)
    await refuses(() => decodePlan(bytesOf({ ...plan, ...change }), at), code, words)
  await refuses(() => decodePlan(Buffer.from(SECRET), at), 'E_MANIFEST_CORRUPT', /is not JSON\.$/)
})

const operator = { uid: 'in', own: true, named: true, kind: 'socket', parents: [], slideMs: 1000 }
const facts = { format: 1, batchMs: 1000, keyGroups: 256, operators: [operator, { ...operator, parents: [0] }] }

test('the description of a graph is read as it was written, and a forged one is refused', async () => {
  const at = ref('graph/9e/1/g.json')
  assert.deepEqual(decodeFacts(bytesOf(facts), at), facts)
  for (const [change, words] of [
    [{ operators: [{ ...operator, parents: [0] }] }, /operator before its parent/],
    [{ operators: [{ ...operator, output: { guarantee: SECRET } }] }, /operators\[0\]\.output\.guarantee is not/],
    [{ batchMs: SECRET }, /batchMs is not a whole number/],
  ] as const)
    await refuses(() => decodeFacts(bytesOf({ ...facts, ...change }), at), 'E_MANIFEST_CORRUPT', words)
  await refuses(() => decodeFacts(bytesOf({ format: 2 }), at), 'E_MANIFEST_FORMAT', /has format 2/)
})

const letter = { id: '1-1', source: 'in', split: '[0]', index: 3, code: 'E_USER_CODE', message: 'no', place: null }

test('dead letters are read as they were written, and what are none is refused', async () => {
  assert.deepEqual(decodeLetters(encodeLetters([{ ...letter, record: [1n] }]), 'app/i/dlq/1'), [
    { ...letter, record: [1n], isStored: true },
  ])
  const forged = (records: readonly unknown[]): Uint8Array =>
    encodeBlock([{ section: 0, columns: [records], count: records.length }], 'letters')
  for (const wrong of [{ ...letter, isStored: SECRET }, { ...letter, index: -1, isStored: true }, SECRET])
    await refuses(() => decodeLetters(forged([wrong]), 'app/i/dlq/1'), 'E_BLOB_CORRUPT', /holds no dead letters: \[0\]/)
})

test(
  'what somebody decided about dead letters is refused when a bit of it has changed; former ones have ' + 'no checksum',
  async () => {
    const blobs = new MemoryBlobStore()
    const keys = new ObjectKeys('app', 'i1')
    const [now, former, torn] = ['a', 'b', 'c'].map((run) => keys.deadLetterCommand(run))
    await putCommand(blobs, keys, { verb: 'retry', ids: ['1-1'] }, 'a')
    await blobs.putNew(former, bytesOf({ wish: 'drop', ids: ['1-2'] }))
    assert.deepEqual(await readCommands(blobs, [now, former]), [
      { key: now, verb: 'retry', ids: ['1-1'] },
      { key: former, verb: 'drop', ids: ['1-2'] },
    ])
    const text = Buffer.from(await blobs.get(now)).toString()
    for (const [i, wrong] of [
      text.replace('retry', 'drop'),
      text.slice(0, -4),
      `{"wish":"${SECRET}","ids":[]}`,
    ].entries()) {
      await blobs.putNew(`${torn}${i}`, Buffer.from(wrong))
      await refuses(() => readCommands(blobs, [`${torn}${i}`]), 'E_BLOB_CORRUPT', /is no decision about dead letters/)
    }
  },
)

test('the list of files that were taken is refused when a bit of it has changed', async () => {
  const io = memoryIo()
  const files = Array.from({ length: 300 }, (_, i) => ({ path: `f${i}`, mtimeMs: i, size: 1, etag: `${i}` }))
  const seen = await new SeenFiles().open({ object: null, recent: [] }, io, { lookup: false })
  for (const file of files) seen.take(file)
  const next = await seen.close()
  const unknown = async (state: typeof next): Promise<number> => {
    const known = await new SeenFiles().open(state, io, { lookup: true })
    return files.filter((file) => !marksOf(file).every((mark) => known.has(mark))).length
  }
  assert.equal(await unknown(next), 0)
  const [{ object, crc: _crc, ...piece }] = next.pieces
  const bytes = Buffer.from(await io.blobs.get(object))
  bytes[100] ^= 1
  await io.blobs.delete(object)
  await io.blobs.putNew(object, bytes)
  await refuses(() => unknown(next), 'E_BLOB_CORRUPT', /its checksum differs/)
  assert.equal(await unknown({ ...next, pieces: [{ object, ...piece }] }), 1)
})

test('a decision about outputs that was not written as one is refused, also under a sum that fits', async () => {
  const blobs = new MemoryBlobStore()
  const keys = new ObjectKeys('app', 'i1')
  const forged = [
    { verb: 'forget', outputs: ['sums'], upTo: 3 },
    { verb: 'drop', outputs: 'sums and counts', upTo: 3 },
    { verb: 'drop', outputs: ['sums'], upTo: '9' },
  ]
  for (const command of forged) {
    const { verb, outputs, upTo } = command
    const crc = crc32(JSON.stringify([verb, outputs, upTo]))
    await blobs.putNew(keys.outputCommand('a'), bytesOf({ ...command, crc }))
    await refuses(() => readOutputCommands(blobs, keys), 'E_BLOB_CORRUPT', /is no decision about outputs/)
    await blobs.delete(keys.outputCommand('a'))
  }
})
