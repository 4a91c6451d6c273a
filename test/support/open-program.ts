import { growingSource } from './open-log.ts'
import { type Build, newContext } from './run.ts'

/** Four readers of a source whose splits end where reading finds it; each must see what the others see. */
export const openBuild: Build = (_input, ssc) => {
  const numbers = ssc.source('numbers', growingSource(3))
  return {
    numbers,
    twice: numbers.union(numbers),
    sums: numbers.map((n): [number, number] => [n % 3, n]).reduceByKey((a, b) => a + b),
    counted: numbers.transform((rdd) => {
      const count = rdd.count()
      return rdd.map((n) => [n, count])
    }),
  }
}

// As task threads load it: with the number of partitions of a shuffle.
if (process.argv[2] !== undefined) newContext(openBuild, [], { partitions: Number(process.argv[2]) }).start()
