import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from '@redis/client'
import { findRedis, startRedis } from '../../infra/servers/redis.ts'
import { hasCode } from '../../lib/model/errors.ts'
import { redis, type RedisClient } from '../../lib/adapters/index.ts'
import { sinkContract } from '../../lib/testing/contracts/sink.ts'
import { deliver, type SinkRow } from '../../lib/testing/contracts/sink-rows.ts'
import { DyingCalls } from '../adapters/dying-calls.ts'
import { keptUntilTheEnd } from '../adapters/kept.ts'
import { notStorable } from '../adapters/not-storable.ts'
import { badNetworkLaw } from './bad-network.ts'
import { assertEnds } from './ends.ts'

const program = findRedis()
if (program) await tests(program)
else test('Redis', { skip: 'Redis is not installed here (Debian: apt-get install redis-server)' }, () => {})

async function tests(found: string): Promise<void> {
  const server = await startRedis(found)
  const client = createClient({ url: server.url })
  client.on('error', () => {})
  await client.connect()
  const keep = keptUntilTheEnd(async () => {
    await client.close()
    await server.stop()
  })
  let lists = 0

  for (const batchCommands of [5_000, 3]) {
    sinkContract(`Redis, ${batchCommands} commands at once`, async () => {
      const list = `rows${++lists}`
      const options = {
        batchCommands,
        fencePrefix: `fence${lists}:`,
        commands: (row: SinkRow) => [['RPUSH', list, JSON.stringify(row)]] as const,
      }
      return {
        fenced: true,
        open: () => redis(client, options),
        dying: (n, death) => redis(dyingClient(client, new DyingCalls(n, death)), { ...options, attempts: 1 }),
        contents: async () =>
          (await client.lRange(list, 0, -1)).map((text) => {
            const row = JSON.parse(text) as SinkRow
            return { ...row, at: row.at === null ? null : new Date(row.at) }
          }),
      }
    })
  }

  badNetworkLaw({
    name: 'Redis',
    port: server.port,
    silent: false,
    open: (port, list) =>
      redis(server.url.replace(String(server.port), String(port)), {
        commands: (n: number) => [['RPUSH', list, n]],
        batchCommands: 2,
        attempts: 3,
      }),
    read: async (list) => (await client.lRange(list, 0, -1)).map(Number).sort((a, b) => a - b),
    prepare: async () => {},
  })

  test(
    'Redis: a command that is refused holds the partition up where it is, and those before it are not ' + 'repeated',
    async () => {
      await client.set('mixed:b', 'text')
      const sink = keep(
        redis(server.url, {
          commands: (key: string) => [
            ['RPUSH', `mixed:${key}`, 'x'],
            ['INCR', 'mixed:n'],
          ],
        }),
      )
      for (let time = 0; time < 3; time++) {
        await assert.rejects(
          deliver(sink, 1, [['a', 'b', 'c']], { sink: 'mixed' }),
          (error) => hasCode(error, 'E_SINK_REJECTED') && /command 3 .*WRONGTYPE/.test(error.message),
        )
      }
      assert.deepEqual([await client.lLen('mixed:a'), await client.get('mixed:n')], [1, '1'])
      await client.del('mixed:b')
      for (let time = 0; time < 2; time++) await deliver(sink, 1, [['a', 'b', 'c']], { sink: 'mixed' })
      assert.deepEqual(
        [
          await client.lLen('mixed:a'),
          await client.lLen('mixed:b'),
          await client.lLen('mixed:c'),
          await client.get('mixed:n'),
        ],
        [1, 1, 1, '3'],
      )
    },
  )

  test(
    'Redis: bytes and numbers arrive as they are, and ' + 'the script is sent again to a server that forgot it',
    async () => {
      const sink = keep(
        redis(server.url, {
          commands: (n: number) => [
            ['HSET', 'values', `${n}`, Uint8Array.of(0, 255, 10, n)],
            ['INCRBY', 'total', n],
          ],
        }),
      )
      await deliver(sink, 1, [[1, 2]], { sink: 'values' })
      await client.sendCommand(['SCRIPT', 'FLUSH'])
      await deliver(sink, 2, [[3]], { sink: 'values' })
      assert.equal(await client.get('total'), '6')
      assert.equal(await client.eval("return tostring(#redis.call('HGET', 'values', '2'))"), '4')
    },
  )

  test('Redis: a list of more words than a script can call goes in several calls, and counts once', async () => {
    const sink = redis(client, {
      commands: (record: readonly string[]) =>
        record[0] === 'hit' ? [['INCR', 'hits05']] : [['SADD', 'members05', ...record]],
    })
    const members = Array.from({ length: 9_000 }, (_, i) => `member-${i}`)
    for (let delivery = 1; delivery <= 3; delivery++)
      await deliver(sink, 1, [[['hit'], ['hit'], members]], { sink: 'words' })
    assert.deepEqual([await client.get('hits05'), await client.sCard('members05')], ['2', 9_000])
  })

  test('Redis: every long list is there whole and in order, also with one command a script', async () => {
    const numbers = Array.from({ length: 9_000 }, (_, i) => i)
    const sink = redis(client, {
      batchCommands: 1,
      commands: () => [
        ['RPUSH', 'long:list', ...numbers],
        ['hset', 'long:hash', ...numbers.flatMap((n) => [n, `v${n}`])],
        ['ZADD', 'long:sorted', 'nx', 'CH', ...numbers.flatMap((n) => [n, `m${n}`])],
        ['MSET', ...numbers.flatMap((n) => [`long:${n}`, n])],
        ['DEL', ...numbers.filter((n) => n > 0).map((n) => `long:${n}`)],
      ],
    })
    await deliver(sink, 1, [['all']], { sink: 'long' })
    assert.deepEqual(await client.lRange('long:list', 0, -1), numbers.map(String))
    assert.equal(await client.hGet('long:hash', '8999'), 'v8999')
    assert.deepEqual(
      [await client.hLen('long:hash'), await client.zCard('long:sorted'), await client.zScore('long:sorted', 'm8999')],
      [9_000, 9_000, 8_999],
    )
    assert.deepEqual([await client.get('long:0'), await client.get('long:8999')], ['0', null])
  })

  test('Redis: a command after a long list that is refused is named by its own number', async () => {
    await client.set('long:text', 'text')
    const sink = redis(client, {
      commands: (n: number) => [
        ['SADD', 'long:set', ...Array.from({ length: 20_000 }, (_, i) => i)],
        ['LPUSH', 'long:text', n],
      ],
    })
    await assert.rejects(
      deliver(sink, 1, [[1]], { sink: 'numbered' }),
      (error) => hasCode(error, 'E_SINK_REJECTED') && error.message.includes('refused command 2 of'),
    )
  })

  test('Redis: commands of more words than one call takes go in several, each counted once', async () => {
    const sink = redis(client, {
      commands: (from: number) => [
        ['SADD', 'many05', ...members(from)],
        ['INCR', 'sent05'],
      ],
    })
    const members = (from: number): string[] => Array.from({ length: 6_000 }, (_, i) => `${from}-${i}`)
    const records = Array.from({ length: 200 }, (_, i) => i)
    for (let time = 1; time <= 2; time++) await deliver(sink, 1, [records], { sink: 'many' })
    assert.deepEqual([await client.sCard('many05'), await client.get('sent05')], [1_200_000, '200'])
  })

  test('Redis: a connection that the server ends in between is replaced', async () => {
    const sink = keep(redis(server.url, { commands: (n: number) => [['INCRBY', 'after-kill', n]] }))
    for (let batch = 1; batch <= 4; batch++) {
      await deliver(sink, batch, [[1]], { sink: 'after-kill' })
      await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'])
    }
    assert.equal(await client.get('after-kill'), '4')
  })

  test(
    'Redis: a server that nobody answers at, or a wrong password, is an error that does not show the ' + 'password',
    async () => {
      for (const url of ['redis://:very-secret@127.0.0.1:1', server.url.replace('hidden-word', 'very-secret')]) {
        const sink = keep(redis(url, { commands: () => [['PING']] }))
        await assert.rejects(
          deliver(sink, 1, [[1]]),
          (error) =>
            (hasCode(error, 'E_SINK_UNAVAILABLE') || hasCode(error, 'E_SINK_REJECTED')) &&
            !/very-secret/.test(error.message + String((error.cause as Error | undefined)?.stack)),
        )
      }
    },
  )

  test('Redis: an argument that is no text, number or bytes is refused before anything is sent', async () => {
    const sink = keep(redis(server.url, { commands: (value: unknown) => [['SET', 'never', value as string]] }))
    const values = notStorable.filter(([, value]) => typeof value !== 'bigint')
    for (const [what, value] of [...values, ['null', null], ['an object', {}], ['a list', ['a']], ['a flag', true]])
      await assert.rejects(
        deliver(sink, 1, [['fine', value]], { sink: 'never' }),
        (error) => hasCode(error, 'E_SINK_VALUE') && error.message.startsWith('record[1]: argument 2 of SET is '),
        what as string,
      )
    assert.deepEqual([await client.exists('never'), await client.keys('sluice:fence:*:never:*')], [0, []])
  })

  test('Redis: a command with a hole, without a word, or that is none is refused before anything is sent', async () => {
    const hole = Object.assign(Array<string>(3), { 0: 'SET', 2: 'x' })
    const cases: readonly (readonly [commands: unknown[], words: string])[] = [
      [[hole], 'record[0]: argument 1 of SET is undefined.'],
      [[[]], 'record[0]: a command is an array of 0.'],
      [Array(1), 'record[0]: a command is undefined.'],
      [['SET'], 'record[0]: a command is a string.'],
      [[[null, 'a']], 'record[0]: the name of a command is null.'],
    ]
    for (const [commands, words] of cases) {
      const sink = keep(redis(server.url, { commands: () => [['INCR', 'unsent'], ...Array.from(commands)] as never }))
      await assert.rejects(
        deliver(sink, 1, [[1]], { sink: 'unsent' }),
        (error) => hasCode(error, 'E_SINK_VALUE') && error.message === words,
      )
    }
    assert.equal(await client.exists('unsent'), 0)
  })

  test('Redis: a process that wrote and has nothing more to do ends by itself', async () => {
    await assertEnds(server.url)
    assert.equal(await client.get('one_write'), '3')
  })
}

interface RedisCaller {
  sendCommand(args: (string | Buffer)[]): Promise<unknown>
}

/**
 * Like a client of a process that ends at a call: the server finishes a script it has begun, and nobody hears of it.
 */
function dyingClient(client: RedisCaller, calls: DyingCalls): RedisClient {
  return {
    sendCommand: (args: (string | Buffer)[]) =>
      calls.call(
        () => client.sendCommand(args),
        () => {},
      ),
  }
}
