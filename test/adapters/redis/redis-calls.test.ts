import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redis } from '../../../lib/adapters/index.ts'
import { callsOf, type RedisCommand } from '../../../lib/adapters/redis/redis-calls.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import { deliver } from '../../../lib/testing/contracts/sink-rows.ts'

const words = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

test('a command of up to 7,000 words is one call', () => {
  assert.equal(callsOf(['SADD', 'key', ...words(6_998)], 'record[0]').length, 1)
  assert.equal(callsOf(['EVAL', 'script', 0, ...words(6_997)], 'record[0]').length, 1)
})

for (const [what, head, unit] of [
  ['members', ['SADD', 'key'], 1],
  ['fields', ['hset', 'key'], 2],
  ['scores behind flags', ['ZADD', 'key', 'XX', 'gt', 'CH'], 2],
  ['places', ['GEOADD', 'key', 'NX'], 3],
  ['keys', ['UNLINK'], 1],
] as readonly [string, RedisCommand, number][])
  test(`a long list of ${what} is called in parts, none of which tears apart what belongs together`, () => {
    const list = words(unit * 10_007)
    const calls = callsOf([...head, ...list], 'record[0]')
    const parts = calls.map((call) => call.words.map(String))
    for (const part of parts) {
      assert.ok(part.length <= 7_000)
      assert.deepEqual(part.slice(0, head.length), head)
      assert.equal((part.length - head.length) % unit, 0)
    }
    assert.deepEqual(
      parts.flatMap((part) => part.slice(head.length)),
      list.map(String),
    )
    assert.deepEqual(
      calls.map(({ goesOn }) => goesOn),
      calls.map((_, i) => i > 0),
    )
  })

for (const [what, command] of [
  ['that is no list', ['XADD', 'stream', '*', ...words(8_000)]],
  ['whose list is not whole', ['HSET', 'key', ...words(8_001)]],
  ['of half a million words', ['SADD', 'key', ...words(500_000)]],
] as readonly [string, RedisCommand][])
  test(`a long command ${what} is refused before anything is sent`, async () => {
    await assert.rejects(
      deliver(redis('redis://127.0.0.1:1', { commands: () => [['INCR', 'n'], command] }), 1, [[1]]),
      (error) =>
        hasCode(error, 'E_SINK_VALUE') && error.message.startsWith(`record[0]: ${command[0]} has ${command.length}`),
    )
  })
