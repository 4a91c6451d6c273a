import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainRows } from '../../../lib/codec/plain-rows.ts'
import { StagedRecords } from '../../../lib/runtime/task/program.ts'

const ref = { key: 'app/i/out/1', len: 0, crc: 0 }

test('records of a batch are gone with the next one, and unknown ones are read', () => {
  const all = new StagedRecords()
  all.keep(1, ref, plainRows(['a'])!)
  all.keep(2, { ...ref, key: 'app/i/out/2' }, plainRows(['b'])!)
  assert.equal(all.of(ref), null)
  assert.deepEqual(all.of({ ...ref, key: 'app/i/out/2' })!(), ['b'])
})
