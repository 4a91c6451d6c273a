import { SluiceError } from '../../lib/model/errors.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBlock } from '../../lib/codec/block.ts'
import type { MapOutput } from '../../lib/model/task.ts'
import type { Buckets } from '../../lib/shuffle/buckets.ts'
import { decodeBuckets, encodeBuckets, SectionReader, sectionsOf } from '../../lib/shuffle/blocks.ts'
import { HashPartitioner } from '../../lib/shuffle/partitioner.ts'
import { pairWriter } from '../../lib/shuffle/writer.ts'
import { damaged, damagedUnderItsChecksums } from '../support/damage.ts'
import { type Dice, withSeeds } from '../support/dice.ts'
import { textOf } from '../support/run.ts'
import { assertSilent, SECRET } from '../support/secret.ts'

const REDUCERS = 3

function bucketsOf(dice: Dice): Buckets {
  const writer = pairWriter(new HashPartitioner(REDUCERS))
  for (let n = dice.below(40); n > 0; n--)
    (writer.emit as (record: unknown) => void)([dice.key(), [SECRET, dice.value()]])
  return writer.finish()
}

const outputOf = (buckets: Buckets): MapOutput => ({
  shuffle: 0,
  ref: { key: 'app/i/blk/1', len: 0, crc: 0 },
  counts: buckets.map(({ values }) => values.length),
  sums: buckets.map(() => 0),
})
const whole = (bytes: Uint8Array): SectionReader =>
  new SectionReader({
    get: async () => bytes,
    range: async (_ref, offset, length) => {
      if (offset + length > bytes.length) throw new SluiceError('E_BLOB_RANGE', 'The object is shorter.')
      return bytes.subarray(offset, offset + length)
    },
  })
const reducers = Array.from({ length: REDUCERS }, (_, reducer) => reducer)

test(
  'B45: a shuffle block that was damaged gives a reducer what was sent, or E_BLOB_*; never less, never ' + "another's",
  (t) =>
    withSeeds(t, 600, async (dice) => {
      const [buckets, foreign] = [bucketsOf(dice), bucketsOf(dice)]
      const bytes = damaged(dice, encodeBuckets(buckets), encodeBuckets(foreign))
      // The store compares length and checksum with the reference; here the block has to notice by itself.
      if (Buffer.from(bytes).equals(encodeBuckets(foreign))) return
      for (const reducer of reducers) {
        try {
          const { input: read } = await whole(bytes).read([outputOf(buckets)], reducer)
          assert.deepEqual(
            read.map(({ keys, values }) => textOf([keys, values])),
            buckets[reducer].values.length === 0 ? [] : [textOf([buckets[reducer].keys, buckets[reducer].values])],
          )
        } catch (error) {
          assert.match(String((error as { code?: unknown }).code), /^E_BLOB_(CORRUPT|TRUNCATED|VERSION|SECTION)$/)
          assertSilent((error as Error).message)
        }
      }
    }),
)

test(
  'B45: a shuffle block that was damaged under checksums that fit has as many records as were sent, or ' + 'E_BLOB_*',
  (t) =>
    withSeeds(t, 600, async (dice) => {
      const buckets = bucketsOf(dice)
      const bytes = damagedUnderItsChecksums(dice, encodeBuckets(buckets))
      for (const reducer of reducers) {
        try {
          const [bucket] = (await whole(bytes).read([outputOf(buckets)], reducer)).input
          assert.equal(bucket?.values.length ?? 0, buckets[reducer].values.length)
        } catch (error) {
          assert.match(String((error as { code?: unknown }).code), /^E_(BLOB|CLASS)_/)
        }
      }
    }),
)

test('B45: a section without columns is no bucket', () => {
  const block = encodeBlock([{ section: 0, columns: [], count: 0 }])
  assert.throws(() => decodeBuckets([block], 0), {
    code: 'E_BLOB_CORRUPT',
    message: /^section 0 of shuffle within a task has 0 columns/,
  })
})

test(
  'B45: a reducer that is sent fewer or more records than the map task counted does not go on, and the ' +
    'error says how many',
  async () => {
    const bytes = encodeBuckets([{ keys: [SECRET, 'b'], values: [1, 2] }])
    for (const sent of [1, 3, 2 ** 32]) {
      await assert.rejects(
        whole(bytes).read([{ shuffle: 0, ref: { key: 'app/i/blk/1', len: 0, crc: 0 }, counts: [sent], sums: [0] }], 0),
        (error: any) => {
          assert.equal(error.code, 'E_BLOB_CORRUPT')
          assert.equal(error.message, `app/i/blk/1 holds 2 records for reducer 0, but ${sent} were sent.`)
          assert.equal(error.where.partition, 0)
          return true
        },
      )
    }
  },
)

test(
  'B45: a section that is read alone from a block that was damaged gives a reducer what was sent, or E_BLOB_*; ' +
    "never less, never another's",
  (t) =>
    withSeeds(t, 600, async (dice) => {
      const [buckets, foreign] = [bucketsOf(dice), bucketsOf(dice)]
      const sent = encodeBuckets(buckets)
      const output = { ...outputOf(buckets), ...sectionsOf(sent, REDUCERS) }
      const reader = whole(damaged(dice, sent, encodeBuckets(foreign)))
      const range = dice.chance(0.5) ? { first: 0, last: REDUCERS - 1 } : undefined
      for (const reducer of reducers) {
        try {
          const { input: read } = await reader.read([output], reducer, range)
          assert.deepEqual(
            read.map(({ keys, values }) => textOf([keys, values])),
            buckets[reducer].values.length === 0 ? [] : [textOf([buckets[reducer].keys, buckets[reducer].values])],
          )
        } catch (error) {
          assert.match(String((error as { code?: unknown }).code), /^E_BLOB_(CORRUPT|RANGE)$/)
          assertSilent((error as Error).message)
        }
      }
    }),
)
