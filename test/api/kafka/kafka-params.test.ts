import assert from 'node:assert/strict'
import { test } from 'node:test'
import { optionsOf } from '../../../lib/api/kafka/kafka-params.ts'
import { hasCode } from '../../../lib/model/errors.ts'

test("Kafka's settings by their names become options, also those of programs for Kafka 0.8", () => {
  const { key, value, ...options } = optionsOf({
    'metadata.broker.list': 'a:1,b:2',
    'group.id': 'g',
    'auto.offset.reset': 'smallest',
    'enable.auto.commit': 'true',
    'isolation.level': 'read_committed',
    'fetch.message.max.bytes': '209715200',
    'key.deserializer': 'org.apache.kafka.common.serialization.StringDeserializer',
    'value.deserializer': (bytes: Uint8Array) => bytes.length,
    'session.timeout.ms': 30_000,
  })
  assert.deepEqual(options, {
    brokers: 'a:1,b:2',
    groupId: 'g',
    startingOffsets: 'earliest',
    commitOffsets: true,
    isolation: 'read_committed',
    fetchBytes: 209_715_200,
  })
  assert.equal(key!(Buffer.from('Grüße'), 't'), 'Grüße')
  assert.equal(value!(Buffer.from('four'), 't'), 4)
})

test('users come from the settings of SASL, or from the line that Java reads', () => {
  const jaas = 'org.apache.kafka.common.security.scram.ScramLoginModule required username="al" password="se=c;ret";'
  const secured = { 'bootstrap.servers': 'a:1', 'security.protocol': 'SASL_SSL' }
  assert.deepEqual(optionsOf({ ...secured, 'sasl.mechanism': 'SCRAM-SHA-512', 'sasl.jaas.config': jaas }).sasl, {
    mechanism: 'SCRAM-SHA-512',
    username: 'al',
    password: 'se=c;ret',
  })
  const { sasl, tls } = optionsOf({ ...secured, 'sasl.username': 'u', 'sasl.password': 'p', 'ssl.ca.location': '/ca' })
  assert.deepEqual(sasl, { mechanism: 'PLAIN', username: 'u', password: 'p' })
  assert.deepEqual(tls, { caFile: '/ca' })
})

test('settings that cannot be meant are refused', () => {
  for (const params of [
    {},
    { 'zookeeper.connect': 'localhost:2181' },
    { 'bootstrap.servers': 'a:1', 'auto.offset.reset': 'newest' as 'latest' },
    { 'bootstrap.servers': 'a:1', 'auto.offset.rest': 'earliest' },
    { 'bootstrap.servers': 'a:1', groupid: 'g' },
    { 'bootstrap.servers': 'a:1', 'sasl.mechanisms': 'PLAIN' },
    { 'bootstrap.servers': 'a:1', 'isolation.level': 'read_commited' as 'read_committed' },
    { 'bootstrap.servers': 'a:1', 'security.protocol': 'SASL_SLL', 'sasl.username': 'u', 'sasl.password': 'p' },
    { 'bootstrap.servers': 'a:1', 'sasl.mechanism': 'GSSAPI' },
    { 'bootstrap.servers': 'a:1', 'sasl.mechanism': 'PLAIN' },
    { 'bootstrap.servers': 'a:1', 'value.deserializer': 'io.confluent.KafkaAvroDeserializer' },
  ])
    assert.throws(
      () => optionsOf(params),
      (error) => hasCode(error, 'E_KAFKA_OPTION'),
      JSON.stringify(params),
    )
})

test('a protocol may be written in small letters, as in Kafka, and is as safe', () => {
  const given = {
    'bootstrap.servers': 'a:1',
    'security.protocol': 'sasl_ssl',
    'sasl.username': 'u',
    'sasl.password': 'p',
  }
  const { tls, sasl } = optionsOf(given)
  assert.deepEqual([tls, sasl], [true, { mechanism: 'PLAIN', username: 'u', password: 'p' }])
})

test("settings of Kafka's consumer that have no effect here are accepted", () => {
  const given = { 'fetch.min.bytes': 1, 'max.poll.records': 500, 'session.timeout.ms': 1000, 'group.instance.id': 'a' }
  assert.equal(optionsOf({ 'bootstrap.servers': 'a:1', ...given }).brokers, 'a:1')
})
