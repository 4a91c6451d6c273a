import { laws } from '../api/dstream/laws.ts'
import { Dice } from './dice.ts'
import { newContext } from './run.ts'

// The program of a law, as task threads load it: sentence, seed, batches and partitions are its arguments.
const [sentence, seed, count, partitions] = process.argv.slice(2)
const { build, batches } = laws.find((law) => law.sentence === sentence)!.make(new Dice(Number(seed)), Number(count))
newContext(build, batches, { partitions: Number(partitions) }).start()
