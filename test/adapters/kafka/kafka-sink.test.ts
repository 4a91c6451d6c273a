import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kafkaSinkOver } from '../../../lib/adapters/kafka/kafka-sink.ts'
import type { OpenWriter, TransactionalWriter } from '../../../lib/adapters/kafka/transactions.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import { delivery } from '../../../lib/testing/contracts/sink-rows.ts'

const options = { topic: 't', brokers: 'nowhere:9092', message: (value: string) => ({ value }) }

/** Opens writers of which those up to `bad` fail at a call; counts them, and those that were closed. */
function opening(call: keyof TransactionalWriter, bad: number): { open: OpenWriter; opened: number; closed: number } {
  const counts = {
    opened: 0,
    closed: 0,
    open: async (): Promise<TransactionalWriter> => {
      const number = ++counts.opened
      const at = (name: keyof TransactionalWriter) => async (): Promise<void> => {
        if (name === call && number <= bad) throw new Error(`${name} was not answered`)
      }
      return {
        begin: at('begin'),
        marked: async () => null,
        send: at('send'),
        mark: at('mark'),
        commit: at('commit'),
        leave: at('leave'),
        close: async () => void counts.closed++,
      }
    },
  }
  return counts
}

for (const call of ['begin', 'send', 'mark', 'commit'] as const)
  test(`after a transaction that failed at ${call} nobody goes on with its writer: another one finds out`, async () => {
    const writers = opening(call, 2)
    const sink = kafkaSinkOver(options, writers.open)
    await sink.write(['a'], delivery(1))
    assert.deepEqual([writers.opened, writers.closed], [3, 2])
    await sink.write(['b'], delivery(2))
    assert.equal(writers.opened, 3, 'a writer that is well serves batch after batch')
    await sink.close!()
    assert.equal(writers.closed, 3)
  })

test('a transaction that fails at every attempt is said, and leaves no writer behind', async () => {
  const writers = opening('send', Infinity)
  await assert.rejects(kafkaSinkOver({ ...options, attempts: 3 }, writers.open).write(['a'], delivery(1)), (error) =>
    hasCode(error, 'E_SINK_UNAVAILABLE'),
  )
  assert.deepEqual([writers.opened, writers.closed], [3, 3])
})
