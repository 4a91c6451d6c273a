import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkedOrder, naturalOrder, reversed } from '../../lib/lineage/ordering.ts'
import { hasCode } from '../../lib/model/errors.ts'

/** In rising order, one of each kind and what is easily confused with it. */
const rising: readonly unknown[] = [
  null,
  false,
  true,
  -Infinity,
  -1,
  0,
  1n,
  1.5,
  NaN,
  '',
  'A',
  'a',
  'aa',
  'é',
  new Date(0),
  new Date(1),
  Uint8Array.of(1),
  Uint8Array.of(1, 0),
  Uint8Array.of(2),
  [],
  [1],
  [1, 1],
  [1, [0]],
  [2],
]

test('any two values are in one order, whichever is asked about first, and a beginning comes before the whole', () => {
  for (const [i, a] of rising.entries())
    for (const [j, b] of rising.entries()) {
      assert.equal(Math.sign(naturalOrder(a, b)), Math.sign(i - j), `${i} and ${j}`)
      assert.equal(Math.sign(reversed(naturalOrder)(a, b)), Math.sign(j - i), `${i} and ${j}, reversed`)
    }
})

test('what has no order is refused, and so is an order that answers with no number', () => {
  assert.throws(
    () => naturalOrder({}, {}),
    (error) => hasCode(error, 'E_ORDER'),
  )
  for (const answer of [true, NaN, undefined, 'a'])
    assert.throws(
      () => checkedOrder(() => answer as number)(1, 2),
      (error) => hasCode(error, 'E_ORDER'),
    )
  assert.throws(
    () => checkedOrder(() => Promise.resolve(1) as unknown as number)(1, 2),
    (error) => hasCode(error, 'E_ASYNC'),
  )
})
