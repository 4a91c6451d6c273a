import assert from 'node:assert/strict'
import { test } from 'node:test'
import { itemChanges } from '../../../../lib/adapters/aws/dynamo/dynamo-changes.ts'

test('B50: an attribute called __proto__ adds up like any other', () => {
  const change = { key: { id: 'a' }, add: { ['__proto__']: 2 } }
  const [merged, ...others] = itemChanges([change, change], {})
  assert.deepEqual([Object.entries(merged.add), others], [[['__proto__', 4]], []])
})
