import { EmbeddedEngine } from '../../lib/hosts/embedded/embedded-engine.ts'
import { setEmbeddedOptions } from '../../lib/hosts/embedded/embedded-host.ts'
import { StreamingContext } from '../../lib/index.ts'
import { ConsumerStrategies, createDirectStream, kafkaSink, LocationStrategies } from '../../lib/api/kafka/index.ts'

// Numbers the records of each key in the order in which they come, from one topic to another. It says a dot per batch
// with records, may be killed at any moment, and then goes on from its directory.
const [dir, brokers, input, output] = process.argv.slice(2) as [string, string, string, string]

setEmbeddedOptions({
  dir,
  sync: false,
  log: {
    event: (event) => {
      if (event.type === 'error') process.stderr.write(`${String((event as { error?: unknown }).error)}\n`)
    },
  },
})
const settings = {
  'spark.app.name': 'numbers',
  'spark.master': 'local[2]',
  'spark.streaming.kafka.maxRatePerPartition': '1000',
}
const context = new StreamingContext(settings, 100, {
  hosted: true,
  engine: (started) => new EmbeddedEngine(started),
})
const records = createDirectStream(
  context,
  LocationStrategies.PreferConsistent,
  ConsumerStrategies.Subscribe<string, string>([input], {
    'bootstrap.servers': brokers,
    'group.id': 'numbers',
    'key.deserializer': 'StringDeserializer',
    'value.deserializer': 'StringDeserializer',
    'auto.offset.reset': 'earliest',
    'isolation.level': 'read_committed',
  }),
)
const nothing: Numbered = { seen: 0, fresh: [] }
const pairs = records.map(({ key, value }): [string, string] => [key!, value!])
interface Numbered {
  readonly seen: number
  readonly fresh: readonly string[]
}
const lists = pairs.updateStateByKey((values: readonly string[], state: Numbered = nothing): Numbered => ({
  seen: state.seen + values.length,
  fresh: values.map((value, i) => `${state.seen + i} ${value}`),
}))
lists
  .flatMap(([key, { fresh }]) => fresh.map((line): [string, string] => [key, line]))
  .output(
    'numbered',
    kafkaSink({ brokers, topic: output, message: ([key, value]: [string, string]) => ({ key, value }) }),
  )
records.foreachRDD((rdd) => {
  if (!rdd.isEmpty()) process.stdout.write('.')
})
context.start()
await context.awaitTermination()
