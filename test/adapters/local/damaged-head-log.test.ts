import assert from 'node:assert/strict'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDirectoryHead } from '../../../lib/adapters/local/head-directory.ts'
import { chained, decodeRecord, encodeRecord, type HeadRecord } from '../../../lib/adapters/local/head-record.ts'
import { crc32 } from 'node:zlib'
import { damaged } from '../../support/damage.ts'
import { withSeeds } from '../../support/dice.ts'
import { assertRefusal, assertSilent, SECRET, thrownBy } from '../../support/secret.ts'
import { temporaryFolder } from './temporary-folder.ts'

const opening = chained(null, { kind: 'open', rev: 0, cause: 'create', writer: '', text: 'null' })
const after = (before: HeadRecord, text?: string): HeadRecord => {
  const rev = before.rev + 1
  return chained(before, {
    kind: 'write',
    rev,
    cause: 'commit',
    writer: 'w',
    text: text ?? JSON.stringify({ rev, key: SECRET }),
  })
}
const recordsOf = (writes: number): HeadRecord[] => {
  const records = [opening]
  for (let i = 0; i < writes; i++) records.push(after(records[i]))
  return records
}
const log = (writes: number): Buffer => Buffer.concat(recordsOf(writes).map((record) => encodeRecord(record)))
const write = (rev: number): HeadRecord => recordsOf(rev)[rev]

/** A line with a checksum that fits. */
const sealed = (json: string): Buffer =>
  Buffer.from(`\n${crc32(Buffer.from(json)).toString(16).padStart(8, '0')} ${json}\n`)

test(
  'B45: a log that was torn, flipped, spliced or swapped holds a beginning of what was written, or is ' +
    'E_HEAD_CORRUPT',
  async (t) => {
    const dir = await temporaryFolder(t)
    let refused = 0
    await withSeeds(t, 400, async (dice) => {
      const writes = dice.between(1, 8)
      writeFileSync(join(dir, 'head-1.log'), damaged(dice, log(writes), log(writes)))
      try {
        const head = await openDirectoryHead<{ rev: number }>(dir, { sync: false })
        try {
          const history = await head.history()
          assert.deepEqual(
            history.map(({ rev, value }) => [rev, value.rev]),
            history.map((_, i) => [i + 1, i + 1]),
          )
          assert.ok(history.length <= writes)
        } finally {
          await head.close()
        }
      } catch (error) {
        refused++
        assertRefusal(error, 'E_HEAD_CORRUPT')
      }
    })
    if (process.env['SLUICE_SEED'] === undefined) assert.ok(refused > 50, `${refused} refused`)
  },
)

test('B45: a line is the record that was written, or none, whatever happens to its bytes', (t) =>
  withSeeds(t, 3000, (dice) => {
    const line = (record: HeadRecord): Buffer => Buffer.from(encodeRecord(record)).subarray(1, -1)
    const bytes = Buffer.from(damaged(dice, line(write(7)), line(write(8))))
    const record = decodeRecord(bytes)
    if (record !== null) assert.ok([7, 8].includes(record.rev) && JSON.parse(record.text).rev === record.rev)
  }))

test('B45: what fits its checksum and is no record is passed over', async (t) => {
  const dir = await temporaryFolder(t)
  const junk = [
    SECRET,
    '{}',
    '[]',
    'null',
    '{"kind":"write"}',
    `{"kind":"write","rev":"${SECRET}","cause":"commit","writer":"w","value":1}`,
    '{"kind":"write","rev":-1,"cause":"commit","writer":"w","value":1}',
    '{"kind":"__proto__","rev":1,"cause":"commit","writer":"w","value":1}',
    '{"kind":"write","rev":1e300,"cause":"commit","writer":"w","value":1}',
    '{"kind":"write,"value":1}',
    '{"kind":"write","rev":1,"cause":{},"writer":"w","value":1}',
  ]
  writeFileSync(
    join(dir, 'head-1.log'),
    Buffer.concat([encodeRecord(opening), ...junk.map(sealed), encodeRecord(write(1))]),
  )
  const head = await openDirectoryHead<{ rev: number }>(dir, { sync: false })
  assert.equal((await head.read())?.rev, 1)
  assert.deepEqual(
    (await head.history()).map(({ rev }) => rev),
    [1],
  )
  await head.close()
})

test(
  'B45: a record whose value is not JSON is E_HEAD_CORRUPT with its revision and folder, and is not ' + 'quoted',
  async (t) => {
    const dir = await temporaryFolder(t)
    writeFileSync(join(dir, 'head-1.log'), Buffer.concat([encodeRecord(opening), encodeRecord(after(opening, SECRET))]))
    const head = await openDirectoryHead(dir, { sync: false })
    for (const read of [() => head.read(), () => head.history()]) {
      const error = assertRefusal(
        await thrownBy(read),
        'E_HEAD_CORRUPT',
        /^What stands at revision 1 of the head log in ".*" is not JSON\.$/,
      )
      assert.equal(error.where.detail, dir)
      assertSilent(JSON.stringify(error))
    }
    await head.close()
  },
)

test('one bit of the newest record that is flipped never turns a committed batch back in silence', async (t) => {
  const dir = await temporaryFolder(t)
  const whole = log(3)
  const from = log(2).length
  for (let bit = from * 8; bit < whole.length * 8; bit++) {
    const bytes = Buffer.from(whole)
    bytes[bit >> 3] ^= 1 << (bit & 7)
    writeFileSync(join(dir, 'head-1.log'), bytes)
    const error = await thrownBy(async () => {
      const head = await openDirectoryHead(dir, { sync: false })
      try {
        assert.equal((await head.read())?.rev, 3)
      } finally {
        await head.close()
      }
    }).catch(() => null)
    if (error !== null) assertRefusal(error, 'E_HEAD_CORRUPT')
  }
})

test('a record that a crash cut off at any byte before its last counts for nobody, and the log goes on', async (t) => {
  const dir = await temporaryFolder(t)
  const whole = log(3)
  for (let end = log(2).length; end < whole.length - 1; end++) {
    writeFileSync(join(dir, 'head-1.log'), whole.subarray(0, end))
    const head = await openDirectoryHead<{ rev: number }>(dir, { sync: false })
    assert.equal((await head.read())?.rev, 2)
    assert.equal(await head.cas(2, { rev: 3 }, 'commit'), 'written')
    await head.close()
    const again = await openDirectoryHead<{ rev: number }>(dir, { sync: false })
    assert.equal((await again.read())?.rev, 3)
    await again.close()
  }
})

test('a record that was exchanged for another, with a checksum that fits, is E_HEAD_CORRUPT', async (t) => {
  const dir = await temporaryFolder(t)
  const [first, second, third, fourth] = recordsOf(3)
  for (const forged of [
    [first, { ...second, text: '{"rev":1}' }, third, fourth],
    [first, second, third, { ...fourth, text: '{"rev":3}' }],
    [first, second, third, { ...fourth, chain: null }],
  ]) {
    writeFileSync(join(dir, 'head-1.log'), Buffer.concat(forged.map((record) => encodeRecord(record))))
    assertRefusal(await thrownBy(() => openDirectoryHead(dir, { sync: false })), 'E_HEAD_CORRUPT', /was exchanged/)
  }
})

test('a log of version 0.1.0 is read, and goes on with a chain that nothing may leave again', async (t) => {
  const dir = await temporaryFolder(t)
  const old = recordsOf(2).map((record) => encodeRecord({ ...record, chain: null }))
  writeFileSync(join(dir, 'head-1.log'), Buffer.concat(old))
  const head = await openDirectoryHead<{ rev: number }>(dir, { sync: false })
  assert.equal(await head.cas(2, { rev: 3 }, 'commit'), 'written')
  await head.close()
  appendFileSync(join(dir, 'head-1.log'), encodeRecord({ ...write(4), chain: null }))
  assertRefusal(await thrownBy(() => openDirectoryHead(dir, { sync: false })), 'E_HEAD_CORRUPT', /was exchanged/)
})
