import { ordersFrom } from './orders.ts'
import { lines } from './template.ts'

/** Totals of a topic. */
export const kafka = ordersFrom({
  about: 'sums orders of a Kafka topic, or of orders that it makes up',
  example: 'KAFKA_BROKERS=localhost:9092',
  packages: '@platformatic/kafka',
  imports: "import { kafka, StringDeserializer } from 'sluice/kafka'",
  source: `kafka({
        brokers: process.env['KAFKA_BROKERS'] ?? 'localhost:9092',
        topics: 'orders',
        startingOffsets: 'earliest',
        key: StringDeserializer,
        value: StringDeserializer,
      })`,
  text: `({ value }) => value ?? '{"item":"nothing","n":0}'`,
  record: {
    type: 'KafkaRecord<string, string>',
    from: 'sluice/kafka',
    made: `{
    topic: 'orders',
    partition: 0,
    offset: i,
    timestamp: 0,
    key: null,
    value: text,
    headers: [],
  }`,
  },
  sinkImport: "import { kafkaSink } from 'sluice/kafka'",
  sink: `kafkaSink<string>({
      brokers: process.env['KAFKA_BROKERS'] ?? 'localhost:9092',
      topic: 'orders',
      message: (text) => ({ key: null, value: text }),
    })`,
  prepare:
    'docker compose exec kafka /opt/kafka/bin/kafka-topics.sh --bootstrap-server localhost:9092 ' +
    '--create --topic orders',
  compose: lines`
    services:
      kafka:
        image: apache/kafka:4.3.1
        ports: ['9092:9092']
  `,
})
