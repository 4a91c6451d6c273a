import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StageFacts } from '../../lib/adapters/aws/stage-facts.ts'
import { checks } from '../../lib/cli/doctor-checks.ts'

const stage = { table: 'heads', bucket: 'objects', coordinator: 'it-dev-coordinator', slots: 8, prefix: 'blobs/' }
const well: StageFacts = {
  table: { found: { keys: ['pk', 'sk'], expiresBy: null, isBackedUp: true } },
  expiring: { found: [] },
  unreserved: { found: 100 },
  coordinator: { found: null },
  clockOffMs: 0,
}

/** What is not as it should be, once something of a stage that is well is otherwise. */
const wrong = (changes: Partial<StageFacts>): string[] =>
  checks(stage, { ...well, ...changes })
    .filter(({ level }) => level !== 'ok')
    .map(({ level, what }) => `${level} ${what}`)

test('a stage that is set up as the plugin does it has nothing wrong', () => {
  assert.deepEqual(wrong({}), [])
  assert.equal(checks(stage, well).length, 7)
})

test('F65: a rule that may delete what lies below blobs/ is found; others are none of ours', () => {
  for (const prefix of ['', 'blobs/', 'b', 'blobs/it/', 'blobs'])
    assert.deepEqual(wrong({ expiring: { found: [{ id: 'old', prefix }] } }), ['fail lifecycle'], prefix)
  for (const prefix of ['in/', 'out/', 'blob/', 'blobs2/'])
    assert.deepEqual(wrong({ expiring: { found: [{ id: 'old', prefix }] } }), [], prefix)
})

test('a table that expires items, has other keys, no backup, or is not there', () => {
  const table = { keys: ['pk', 'sk'], expiresBy: null, isBackedUp: true }
  assert.deepEqual(wrong({ table: { found: { ...table, expiresBy: 'ttl' } } }), ['fail expiry'])
  assert.deepEqual(wrong({ table: { found: { ...table, keys: ['app'] } } }), ['fail table'])
  assert.deepEqual(wrong({ table: { found: { ...table, isBackedUp: false } } }), ['warn backup'])
  assert.deepEqual(wrong({ table: { found: null } }), ['fail table'])
})

test('F19: an account or a coordinator without room, and a clock that is off', () => {
  assert.deepEqual(wrong({ unreserved: { found: 11 } }), [])
  assert.deepEqual(wrong({ unreserved: { found: 10 } }), ['fail concurrency'])
  assert.deepEqual(wrong({ coordinator: { found: 0 } }), ['fail coordinator'])
  assert.deepEqual(wrong({ coordinator: { found: 1 } }), ['fail coordinator'])
  assert.deepEqual(wrong({ coordinator: { found: 2 } }), [])
  assert.deepEqual(wrong({ clockOffMs: 1500 }), [])
  assert.deepEqual(wrong({ clockOffMs: -60_000 }), ['warn clock'])
  assert.deepEqual(wrong({ clockOffMs: -400_000 }), ['fail clock'])
})

test('what nobody may look at is a warning that says why, and not taken for well', () => {
  const why = 'not authorized'
  assert.deepEqual(wrong({ table: { why }, expiring: { why }, unreserved: { why }, coordinator: { why } }), [
    'warn table',
    'warn lifecycle',
    'warn concurrency',
    'warn coordinator',
  ])
})
