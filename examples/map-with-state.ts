// Program 28: counts words since the start, beginning with some; a word that is not seen for ten seconds is forgotten.
import { seconds, SparkConf, type State, StateSpec, StreamingContext, type Time } from 'sluice'

const [host = 'localhost', port = '8888', checkpoint = 'checkpoint', interval = '2', timeout = '10'] =
  process.argv.slice(2)

const conf = new SparkConf().setMaster('local[2]').setAppName('MapWithStateAPITest')
const ssc = new StreamingContext(conf, seconds(Number(interval)))
ssc.checkpoint(checkpoint)

const initialRDD = ssc.sparkContext.parallelize([
  ['flink', 100],
  ['sparkstreaming', 32],
])

const lines = ssc.socketTextStream(host, Number(port))
const wordsDStream = lines.flatMap((line) => line.split(',')).map((word) => [word, 1])

function mappingFunc(_time: Time, word: string, value: number | undefined, state: State<number>) {
  // A word that times out has no state to update any more.
  if (state.isTimingOut()) return undefined
  const sum = (value ?? 0) + (state.getOption() ?? 0)
  state.update(sum)
  return { word, sum }
}

// Timeouts are looked at whenever the state is checkpointed, which is every tenth batch.
const stateSpec = StateSpec.function(mappingFunc)
  .initialState(initialRDD)
  .numPartitions(3)
  .timeout(seconds(Number(timeout)))

const result = wordsDStream.mapWithState(stateSpec)
result.stateSnapshots().print()

ssc.start()
await ssc.awaitTermination()
await ssc.stop()
