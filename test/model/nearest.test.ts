import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closest, editDistance } from '../../lib/model/nearest.ts'

test('the distance of two words is how many letters have to be changed, put in or left out', () => {
  const rows = [
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['flaw', 'lawn', 2],
    ['ab', 'ba', 2],
    ['same', 'same', 0],
  ] as const
  for (const [a, b, distance] of rows) assert.equal(editDistance(a, b), distance, `${a} ${b}`)
})

test('the closest word is meant, if half of it is right; case does not matter', () => {
  const words = ['status', 'state', 'stop', 'verify']
  assert.equal(closest('STATE', words), 'state')
  assert.equal(closest('statsu', words), 'status')
  assert.equal(closest('verfy', words), 'verify')
  assert.equal(closest('vxxxxy', words), null)
  assert.equal(closest('veri', words), 'verify')
  assert.equal(closest('wxyz', ['abcd', 'ab']), null)
  assert.equal(closest('ab', ['abcd']), 'abcd')
  assert.equal(closest('a', ['abcd']), null)
  assert.equal(closest('anything', []), null)
})
