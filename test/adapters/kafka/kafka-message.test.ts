import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundMessage, type KafkaMessage } from '../../../lib/adapters/kafka/kafka-message.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import { delivery } from '../../../lib/testing/contracts/sink-rows.ts'

test('a message that is a promise is E_ASYNC, with output and batch', () => {
  const message = Promise.resolve({ value: 'a' }) as unknown as KafkaMessage
  assert.throws(
    () => boundMessage(message, 'topic', delivery(7)),
    (error) => hasCode(error, 'E_ASYNC') && error.where.operator === 'rows' && error.where.batch === 7,
  )
})
