import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeItem, encodeItem } from '../../../../lib/adapters/aws/dynamo/app-item.ts'
import { checkedControl } from '../../../../lib/checkpoint/control.ts'
import { checkedHead } from '../../../../lib/checkpoint/check-head.ts'
import type { Versioned } from '../../../../lib/host/head-store.ts'
import { hasCode } from '../../../../lib/model/errors.ts'
import type { Head } from '../../../../lib/model/head.ts'

const item = encodeItem('clicks', 'head', { rev: 3, value: { app: 'clicks' }, cause: 'commit' })

test('an item of a register is read back as it was written', () =>
  assert.deepEqual(decodeItem('head', item), { rev: 3, value: { app: 'clicks' } }))

for (const [what, broken] of [
  ['without a value', { ...item, value: undefined as never }],
  ['whose value is a text', { ...item, value: { S: '{}' } }],
  ['with nothing but its key', { pk: item['pk'], sk: item['sk'] }],
] as const) {
  test(`an item ${what} is no head, and is called so`, () =>
    assert.throws(
      () => checkedHead(decodeItem('head', broken) as Versioned<Head>),
      (error) => hasCode(error, 'E_HEAD_CORRUPT'),
    ))
  test(`an item ${what} is no control record, and is called so`, () =>
    assert.throws(
      () => checkedControl(decodeItem('ctrl', broken)),
      (error) => hasCode(error, 'E_CONTROL_CORRUPT'),
    ))
}
