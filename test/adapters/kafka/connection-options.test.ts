import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bootstrapAddresses, checkAdvertised, isLocal } from '../../../lib/adapters/kafka/connection-options.ts'
import { hasCode } from '../../../lib/model/errors.ts'

test('brokers are read with and without a protocol, in IPv6 too, and what is no address is refused', () => {
  const read = (brokers: string | string[]): string[] =>
    bootstrapAddresses({ brokers }).map(({ host, port }) => `${host} ${port}`)
  assert.deepEqual(read('a:1, PLAINTEXT://b.example:9092,'), ['a 1', 'b.example 9092'])
  assert.deepEqual(read(['[::1]:9092']), ['::1 9092'])
  for (const brokers of ['', 'localhost', 'a:b', 'a:99999', 'http://a:1/x'])
    assert.throws(
      () => read(brokers),
      (error) => hasCode(error, 'E_KAFKA_OPTION'),
      brokers,
    )
})

test('B53: a broker that sends clients to this machine is refused, unless they came from there or it is named', () => {
  const check = (host: string, brokers: string, allowAddresses: string[] = []): void =>
    checkAdvertised({ host, port: 9092 }, bootstrapAddresses({ brokers }), { brokers, allowAddresses })
  for (const host of [
    '127.0.0.1',
    '127.8.8.8',
    'localhost',
    '::1',
    '169.254.169.254',
    'fe80::1',
    '0.0.0.0',
    'fd00:ec2::254',
  ]) {
    assert.ok(isLocal(host), host)
    assert.throws(
      () => check(host, 'kafka.example:9092'),
      (error) => hasCode(error, 'E_KAFKA_ADDRESS'),
      host,
    )
    check(host, 'localhost:9092')
    check(host, 'kafka.example:9092', [host])
  }
  for (const host of ['10.0.0.1', 'broker-1.example', '192.168.1.1', '2001:db8::1']) check(host, 'kafka.example:9092')
})
