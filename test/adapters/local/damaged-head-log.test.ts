import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDirectoryHead } from '../../../lib/adapters/local/head-directory.ts'
import { decodeRecord, encodeRecord, type HeadRecord } from '../../../lib/adapters/local/head-record.ts'
import { crc32 } from 'node:zlib'
import { damaged } from '../../support/damage.ts'
import { withSeeds } from '../../support/dice.ts'
import { assertRefusal, assertSilent, SECRET, thrownBy } from '../../support/secret.ts'
import { temporaryFolder } from './temporary-folder.ts'

const opening: HeadRecord = { kind: 'open', rev: 0, cause: 'create', writer: '', text: 'null' }
const write = (rev: number): HeadRecord => ({
  kind: 'write',
  rev,
  cause: 'commit',
  writer: 'w',
  text: JSON.stringify({ rev, key: SECRET }),
})
const log = (writes: number): Buffer =>
  Buffer.concat(
    [opening, ...Array.from({ length: writes }, (_, i) => write(i + 1))].map((record) => encodeRecord(record)),
  )

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
    writeFileSync(
      join(dir, 'head-1.log'),
      Buffer.concat([encodeRecord(opening), encodeRecord({ ...write(1), text: SECRET })]),
    )
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
