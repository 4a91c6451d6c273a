import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileProgress } from '../../lib/source/file-progress.ts'

const at = (ms: number): string => new Date(ms).toISOString()

test('how far files are read is told by the newest that was read and the newest that waits', () => {
  const read = { seen: {}, newestMs: 5000 } as never
  const nothingRead = { seen: {} } as never
  const rows = [
    [read, { kind: 'none' }, { committed: at(5000), newest: at(5000), lagRecords: 0, lagMs: 0 }],
    [read, { kind: 'some', newestMs: 7000 }, { committed: at(5000), newest: at(7000), lagRecords: null, lagMs: 2000 }],
    // What waits may be older than what was read: it has appeared late.
    [read, { kind: 'some', newestMs: 3000 }, { committed: at(5000), newest: at(5000), lagRecords: null, lagMs: 0 }],
    [read, { kind: 'unknown' }, { committed: at(5000), newest: null, lagRecords: null, lagMs: null }],
    [nothingRead, { kind: 'none' }, { committed: null, newest: null, lagRecords: 0, lagMs: 0 }],
    [
      nothingRead,
      { kind: 'some', newestMs: 7000 },
      { committed: null, newest: at(7000), lagRecords: null, lagMs: null },
    ],
  ] as const
  for (const [position, left, told] of rows) assert.deepEqual(fileProgress(position, left), told, left.kind)
  assert.equal(fileProgress(read, undefined), null)
  assert.equal(fileProgress({ time: 5 } as never, { kind: 'none' }), null)
})
