import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { awsClients } from '../../../../lib/adapters/aws/clients.ts'
import { lambdaSink, type LambdaSinkEvent, type LambdaSinkOptions } from '../../../../lib/adapters/aws/index.ts'
import { systemClock } from '../../../../lib/adapters/local/system-clock.ts'
import { hasCode } from '../../../../lib/model/errors.ts'
import { type ArrivedRow, repeatingSinkContract } from '../../../../lib/testing/contracts/repeating-sink.ts'
import { deliver, delivery, type SinkRow } from '../../../../lib/testing/contracts/sink-rows.ts'
import { DyingCalls } from '../../dying-calls.ts'
import { lambdaServer } from '../lambda-server.ts'
import { dyingClients } from '../wrapped-clients.ts'

type Row = Omit<SinkRow, 'at'> & { readonly at: string | null }

let arrived: ArrivedRow[] = []
const events: LambdaSinkEvent<Row>[] = []
const server = await lambdaServer({
  consumer: async (event: LambdaSinkEvent<Row>) => {
    events.push(event)
    for (const { id, value } of event.records)
      arrived.push({ id, row: { ...value, at: value.at === null ? null : new Date(value.at) } })
  },
  throwing: () => Promise.reject(new TypeError('no such table')),
})
after(() => server.close())
Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' })
const clients = awsClients({ AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: server.url })

const options: LambdaSinkOptions<SinkRow> = { functionName: 'consumer', batchRecords: 10, attempts: 1, parallel: 1 }

repeatingSinkContract('a Lambda function', async (t) => {
  arrived = []
  t.after(() => {
    server.fault = () => null
  })
  return {
    open: () => lambdaSink(options, () => clients),
    dying: (n, death) => lambdaSink(options, () => dyingClients(clients, new DyingCalls(n, death))),
    contents: async () => arrived,
  }
})

test('F60: calls that are throttled, crash or lose their answer are made again, and those alone', async () => {
  arrived = []
  const faults = ['throttle', null, 'crash', 'lose-answer', null] as const
  let calls = 0
  server.fault = () => faults[calls++] ?? null
  const sink = lambdaSink<number>(
    { functionName: 'consumer', batchRecords: 10, value: (n) => ({ id: `${n}` }) },
    () => clients,
  )
  await sink.write([...Array(40).keys()], { ...delivery(1), clock: systemClock })
  server.fault = () => null
  assert.equal(new Set(arrived.map(({ id }) => id)).size, 40)
  assert.equal(calls, 7)
})

test('a function that throws is called again, and in the end its output is owed with what it said', async () => {
  const sink = lambdaSink<number>({ functionName: 'throwing', attempts: 3 }, () => clients)
  const before = server.calls.length
  await assert.rejects(
    sink.write([1], delivery(1)),
    (error) => hasCode(error, 'E_SINK_UNAVAILABLE') && error.message.includes('no such table'),
  )
  assert.equal(server.calls.length - before, 3)
})

test('no such function fails the output at once; a record too large for a call is its own fault', async () => {
  const missing = lambdaSink<string>({ functionName: 'nowhere' }, () => clients)
  await assert.rejects(missing.write(['a'], delivery(1)), (error) => hasCode(error, 'E_SINK_REJECTED'))
  const large = lambdaSink<string>({ functionName: 'consumer', invocation: 'event' }, () => clients)
  await assert.rejects(large.write(['x'.repeat(300_000)], delivery(1)), (error) => hasCode(error, 'E_SINK_VALUE'))
})

test('an event says whose batch it is, and holds at most its records and bytes', async () => {
  events.length = 0
  const sink = lambdaSink<string>({ functionName: 'consumer', value: (text) => ({ id: 'x', text }) }, () => clients)
  await deliver(sink, 7, [Array.from({ length: 150 }, () => 'x'.repeat(100_000))])
  assert.ok(events.every((event) => event.app === 'app' && event.output === 'rows' && event.batch === 7))
  assert.ok(events.length >= 3 && events.every(({ records }) => records.length <= 100), String(events.length))
  assert.ok(server.calls.every(({ bytes }) => bytes <= 6 * 2 ** 20))
})
