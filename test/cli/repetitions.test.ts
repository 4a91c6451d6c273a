import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Repetitions } from '../../lib/cli/repetitions.ts'
import { table } from '../../lib/cli/table.ts'

test('what repeats is said once, and counted once a minute and before the next', () => {
  const said = new Repetitions()
  const rows = [
    ['a', 0, true, 0],
    ['a', 1000, false, 0],
    ['a', 59_999, false, 0],
    ['a', 60_000, false, 3],
    ['a', 61_000, false, 0],
    ['a', 120_000, false, 2],
    ['a', 120_001, false, 0],
    ['b', 120_002, true, 1],
    ['b', 180_001, false, 0],
    ['a', 180_002, true, 1],
    ['b', 180_003, true, 0],
  ] as const
  for (const [text, now, isNew, folded] of rows)
    assert.deepEqual(said.take(text, now), { isNew, folded }, `${text} ${now}`)
  said.take('b', 180_004)
  assert.deepEqual([said.rest(), said.rest()], [1, 0])
})

test('columns of a table are as wide as their widest cell, three apart; the last ends where it ends', () => {
  const rows = [
    ['a', 'bb', 'c'],
    ['aaa', '', 'cc '],
    ['', 'b', ''],
  ]
  assert.deepEqual(table(rows), ['a     bb   c', 'aaa        cc', '      b'])
  assert.deepEqual(table([]), [])
})
