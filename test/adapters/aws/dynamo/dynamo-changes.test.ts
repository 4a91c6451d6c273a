import assert from 'node:assert/strict'
import { test } from 'node:test'
import { itemChanges } from '../../../../lib/adapters/aws/dynamo/dynamo-changes.ts'

test('B50: an attribute called __proto__ adds up like any other', () => {
  const change = { key: { id: 'a' }, add: { ['__proto__']: 2 } }
  const [merged, ...others] = itemChanges([change, change], {})
  assert.deepEqual([Object.entries(merged.add), others], [[['__proto__', 4]], []])
})

test('a change with a name that is none is refused: it would change nothing, or remove an item that is to stay', () => {
  const key = { id: 'a' }
  const cases: readonly (readonly [change: object, message: RegExp])[] = [
    [{ key, ad: { hits: 1 } }, /record\[0\]: the change .*one with ad/],
    [{ key, set: { a: 1 }, remove: true }, /one with set/],
    [{ key, remove: false }, /record\[0\]: remove .*false/],
    [{ key, remove: undefined }, /record\[0\]: remove .*undefined/],
  ]
  for (const [change, message] of cases)
    assert.throws(
      () => itemChanges([change as never], {}),
      (error: any) => error.code === 'E_SINK_VALUE' && message.test(error.message),
    )
})
