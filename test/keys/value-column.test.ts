import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ValueColumn } from '../../lib/keys/value-column.ts'

test('numbers stay in typed memory while they grow, every one as it was', () => {
  const column = new ValueColumn()
  const numbers = [0, -0, NaN, Infinity, 0.1, 2 ** 53]
  for (let id = 0; id < 1000; id++) column.set(id, numbers[id % numbers.length])
  assert.ok(column.isNumeric && column.numbers.length >= 1000)
  for (let id = 0; id < 1000; id++) assert.ok(Object.is(column.get(id), numbers[id % numbers.length]))
})

test('the first value that is no number moves all of them, and none is lost', () => {
  for (const stranger of ['text', undefined, null, 5n, { a: 1 }]) {
    for (const at of [0, 2, 7, 100]) {
      const column = new ValueColumn()
      for (let id = 0; id < 8; id++) column.set(id, id * 1.5)
      column.set(at, stranger)
      assert.equal(column.isNumeric, false)
      for (let id = 0; id < 8; id++) assert.equal(column.get(id), id === at ? stranger : id * 1.5)
      assert.equal(column.get(at), stranger)
      column.set(3, 4)
      assert.equal(column.get(3), 4)
    }
  }
})

test('reset lets go of a value, clear of all of them and of their kind', () => {
  const column = new ValueColumn()
  column.set(0, { large: true })
  column.reset(0)
  assert.equal(column.get(0), undefined)
  column.reset(1000)
  column.clear()
  column.set(20, 1)
  assert.ok(column.isNumeric)
  assert.equal(column.get(20), 1)
  column.reset(1000)
})

test('after reserve, numbers can be written directly', () => {
  const column = new ValueColumn()
  column.reserve(100)
  column.numbers[99] = 5
  assert.equal(column.get(99), 5)
})
