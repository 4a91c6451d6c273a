import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { headOddity } from '../../../lib/adapters/local/head-audit.ts'
import { chained, encodeRecord, type HeadRecord } from '../../../lib/adapters/local/head-record.ts'
import { temporaryFolder } from './temporary-folder.ts'

const opening = chained(null, { kind: 'open', rev: 0, cause: 'create', writer: '', text: 'null' })
const write = (before: HeadRecord, writer = 'w', text = `{"rev":${before.rev + 1}}`): HeadRecord =>
  chained(before, { kind: 'write', rev: before.rev + 1, cause: 'commit', writer, text })
const seal = (tip: HeadRecord): HeadRecord => chained(tip, { ...tip, kind: 'seal', cause: 'compact', text: 'null' })
const reopened = (tip: HeadRecord): HeadRecord => ({ ...tip, kind: 'open' })

const first = write(opening)
const second = write(first)
const third = write(second)

/** What is odd in these logs: number and records of each. */
async function oddity(
  t: TestContext,
  logs: Readonly<Record<number, readonly (HeadRecord | Buffer)[]>>,
): Promise<string | null> {
  const dir = await temporaryFolder(t)
  for (const [number, records] of Object.entries(logs))
    writeFileSync(
      join(dir, `head-${number}.log`),
      Buffer.concat(records.map((each) => (Buffer.isBuffer(each) ? each : encodeRecord(each)))),
    )
  writeFileSync(join(dir, 'head-0.log'), 'no log')
  const found = headOddity(dir)
  return found && `${found.rev} ${found.cause}: ${found.what}`
}

const bytes = (record: HeadRecord): Buffer => Buffer.from(encodeRecord(record))
const tornBehind = (record: HeadRecord): Buffer => bytes(record).subarray(0, 40)

test('what writers do in the ordinary course of things is not odd', async (t) => {
  for (const [what, logs] of Object.entries({
    nothing: {},
    'a log that only begins': { 1: [opening] },
    'a refused write, one that comes too late, and one cut off': {
      1: [opening, first, write(opening, 'other'), second, write(first, 'late'), tornBehind(third), third],
    },
    'what stands behind a seal': { 1: [opening, first, seal(first), second], 2: [reopened(first), write(first, 'x')] },
    'several logs in the order of their numbers': {
      1: [opening, first, seal(first)],
      2: [reopened(first), second, seal(second)],
      10: [reopened(second), third],
    },
    'a log whose predecessors were deleted': { 7: [reopened(second), third] },
    'a log that was made again by somebody late': { 1: [opening, first, reopened(first), second] },
  }))
    assert.equal(await oddity(t, logs), null, what)
})

test('the first thing that cannot have happened is told, with the revision it claims to be', async (t) => {
  const changed = Buffer.from(bytes(second).toString('latin1').replace('"rev":2}}', '"rev":3}}'), 'latin1')
  const unreadable = Buffer.from(bytes(second).toString('latin1').replace('{"kind"', '|"kind"'), 'latin1')
  const rows = [
    ['2 commit: its writer appended it twice', { 1: [opening, first, second, second] }],
    ['2 commit: it does not follow from the one before it', { 1: [opening, first, { ...second, text: '{}' }] }],
    ['2 commit: it does not follow from the one before it', { 1: [opening, first, { ...second, chain: null }] }],
    ['3 commit: it does not follow from the one before it', { 7: [reopened(second), { ...third, text: '{}' }] }],
    [
      '4 commit: it does not follow from the one before it',
      { 7: [reopened(second), third, { ...write(third), text: '{}' }] },
    ],
    [
      '3 commit: it does not follow from the one before it',
      { 1: [opening, first, second, seal(second)], 2: [reopened(second), { ...third, text: '{}' }] },
    ],
    ['1 commit: it does not follow from the one before it', { 1: [opening, { ...first, text: '{}' }] }],
    ['2 commit: its checksum does not fit what it says', { 1: [opening, first, changed, third] }],
    ['2 unknown: its checksum does not fit what it says', { 1: [opening, first, unreadable] }],
    ['1 unknown: its checksum does not fit what it says', { 1: [unreadable] }],
    ['1 commit: log 1 does not begin where the one before it ended', { 1: [reopened(first)] }],
    [
      '1 commit: log 2 does not begin where the one before it ended',
      { 1: [opening, first, second, seal(second)], 2: [reopened(first)] },
    ],
    [
      '2 commit: log 2 does not begin where the one before it ended',
      { 1: [opening, first, second, seal(second)], 2: [reopened({ ...second, text: '{}' })] },
    ],
    [
      '2 commit: log 2 does not begin where the one before it ended',
      { 1: [opening, first, second, seal(second)], 2: [reopened({ ...second, chain: first.chain })] },
    ],
  ] as const
  for (const [told, logs] of rows) assert.equal(await oddity(t, logs), told, told)
})
