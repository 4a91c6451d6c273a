import { HashPartitioner, seconds, StateSpec, StreamingContext, type State } from '../lib/index.ts'
const ssc = new StreamingContext({ appName: 'x', master: 'local[2]' }, seconds(1))
const lines = ssc.socketTextStream('localhost', 1)
const pairs = lines.flatMap((line) => line.split(' ')).map((word) => [word, 1])
const initial = ssc.sparkContext.parallelize([['hello', 1], ['world', 1]])
const initial2 = initial.map(([w, n]) => [w, n])
const a = pairs.updateStateByKey((values, last) => values.reduce((x, y) => x + y, last ?? 0))
const a1 = pairs.updateStateByKey((values, last: number | undefined) => values.reduce((x, y) => x + y, last ?? 0))
const a2 = pairs.updateStateByKey<number>((values, last) => values.reduce((x, y) => x + y, last ?? 0))
const a3 = pairs.updateStateByKey((values: readonly number[], last = 0) => values.reduce((x, y) => x + y, last), undefined, initial)
const b = pairs.mapWithState(StateSpec.function((time, word: string, one: number | undefined, state: State<number>) => {
  const sum = (one ?? 0) + (state.getOption() ?? 0)
  state.update(sum)
  return [word, sum]
}).initialState(initial).numPartitions(3).timeout(seconds(10)))
const c = pairs.transform((rdd) => rdd.leftOuterJoin(initial).filter(([, [, x]]) => x === undefined))
const d = pairs.reduceByKeyAndWindow((a, b) => a + b, (a, b) => a - b, seconds(30), seconds(10))
const e = pairs.reduceByKeyAndWindow((a, b) => a + b, seconds(30), seconds(10))
type Show<T> = T extends never ? 1 : T
const z: Show<[typeof a, typeof a1, typeof a2, typeof a3, typeof b, typeof c, typeof d, typeof e, typeof pairs, typeof initial, typeof initial2]> = 1
