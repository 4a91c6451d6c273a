import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  dynamo,
  kinesis,
  kinesisSink,
  lambdaSink,
  s3TextFiles,
  snsSink,
  sqsSink,
} from '../../lib/adapters/aws/index.ts'
import { files, mysql, postgres, redis, sqlite, webhook } from '../../lib/adapters/index.ts'
import { kafka, kafkaSink } from '../../lib/api/kafka/index.ts'
import { hasCode } from '../../lib/model/errors.ts'

const sinks: Readonly<Record<string, (options: any) => unknown>> = {
  sqlite: (options) => sqlite('pages.db', options),
  postgres: (options) => postgres('postgres://localhost/pages', options),
  mysql: (options) => mysql('mysql://localhost/pages', options),
  redis: (options) => redis('redis://localhost', options),
  webhook: (options) => webhook('https://example.com/', options),
}

const refused = (act: () => unknown, message: RegExp): void =>
  assert.throws(act, (error) => {
    assert.ok(hasCode(error, 'E_ARGUMENT'), String(error))
    assert.match(error.message, message)
    return true
  })

for (const [name, sink] of Object.entries(sinks))
  test(`${name} without options that are some is refused where it is written`, () => {
    for (const options of [null, 'pages', 5, ['pages']]) refused(() => sink(options), /^The options of .* are /)
  })

test('a sink of SQL or Redis says what it cannot do without', () => {
  for (const name of ['sqlite', 'postgres', 'mysql']) {
    refused(() => sinks[name](undefined), /^The options of a sink for .* are undefined/)
    refused(() => sinks[name]({}), /^table of a sink for .* is undefined; it must be a text/)
    refused(() => sinks[name]({ table: 'pages', columns: 'page' }), /^columns of .* is "page"; it must be a list/)
    refused(() => sinks[name]({ table: 'pages', columns: ['page'] }), /^row of .* is undefined; it must be a function/)
    refused(() => sinks[name]({ statements: 'insert' }), /^statements of .* is "insert"; it must be a function/)
  }
  refused(() => sinks['redis']({}), /^commands of redis is undefined; it must be a function/)
})

const message = () => ({ value: '' })

/** Under these nothing was sent and the batch counted as shown, or a batch never ended. */
const values: readonly (readonly [make: () => unknown, message: RegExp])[] = [
  [() => dynamo({ table: 't', change: () => ({ key: {} }), parallel: 0 }), /^parallel of dynamo is 0; it must be/],
  [() => dynamo({ table: 't', change: () => ({ key: {} }), parallel: NaN }), /^parallel of dynamo is NaN/],
  [() => dynamo({ table: 't' } as any), /^change of dynamo is undefined/],
  [() => sqsSink({ queueUrl: 'https://sqs.amazonaws.com/1/q', parallel: 0 }), /^parallel of sqsSink is 0/],
  [() => snsSink({ topicArn: 'arn:aws:sns:e:1:t', attempts: -1 }), /^attempts of snsSink is -1/],
  [() => lambdaSink({ functionName: 'f', batchRecords: 0 }), /^batchRecords of lambdaSink is 0/],
  [() => lambdaSink({ functionName: 'f', invocation: 'async' as any }), /^invocation of lambdaSink is "async"/],
  [() => kinesisSink({ stream: 's' } as any), /^partitionKey of kinesisSink is undefined/],
  [() => kinesis({ stream: 's', start: 'latest' as any }), /^start of kinesis is "latest"; it must be 'TRIM_HORIZON'/],
  [() => kinesis({ stream: 's', start: { timestamp: new Date('no') } }), /^start of kinesis is an object/],
  [() => kinesis({ stream: 's', onGap: 'fail' as any }), /^onGap of kinesis is "fail"/],
  [() => redis('redis://h', { commands: () => [], batchCommands: 0 }), /^batchCommands of redis is 0/],
  [
    () => webhook('https://example.com', { timeoutMs: Infinity }),
    /^timeoutMs of webhook is Infinity; .* 1 to 2147483647/,
  ],
  [() => webhook('https://example.com', { method: 'GET' as any }), /^method of webhook is "GET"/],
  [() => sqlite('db', { table: 't', columns: ['a'], row: () => [1], batchRows: 0 }), /^batchRows of .* is 0/],
  [
    () => sqlite('db', { statements: () => [], row: () => [1] } as any),
    /^row of .* is a function; it must be left out/,
  ],
  [() => sqlite('db', { statements: () => [], onRowError: 'ignore' as any }), /^onRowError of .* is "ignore"/],
  [() => files('out', { format: 'csv', header: 'no' as any }), /^header of files is "no"; it must be true or false/],
  [
    () => kafka({ brokers: 'h:1', topics: 't', startingOffsets: 'first' as any }),
    /^startingOffsets of kafka is "first"/,
  ],
  [() => kafka({ brokers: 'h:1', topics: 't', isolation: 'none' as any }), /^isolation of kafka is "none"/],
  [() => kafka({ brokers: 'h:1', topics: 't', maxRatePerPartition: -1 }), /^maxRatePerPartition of kafka is -1/],
  [() => kafka({ brokers: undefined, topics: 't' } as any), /^brokers of kafka is undefined/],
  [() => kafkaSink({ brokers: 'h:1', topic: 't', message, transactionMs: 0 }), /^transactionMs of kafkaSink is 0/],
  [
    () => s3TextFiles('s3://bucket/in/', { events: {} as any, select: 'tims' as any }),
    /^select of the text files of .* is "ti/,
  ],
]

for (const [make, message] of values)
  test(`${String(make).replace('() => ', '').replace(/ +/g, ' ')} is refused where it is written`, () =>
    refused(make, message))
