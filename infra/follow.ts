// `npm run follow`: what one warm batch of a word count goes through. Counts functions of lib that are called between
// the end of one batch and the end of the next, and the files that they lie in; `--list` names the files, by room.
import { Session } from 'node:inspector/promises'
import { fileURLToPath } from 'node:url'
import { milliseconds, StreamingContext } from '../lib/index.ts'

/** Batches before those that are counted: caches are filled, and everything is loaded. */
const WARM = 5
/** Of so many the one that went through least: on a busy machine a heart beats within some. */
const COUNTED = 6
const lib = new URL('../lib/', import.meta.url).href

interface Called {
  readonly file: string
  readonly functions: number
}

const called = await follow()
const rooms = Map.groupBy(called, ({ file }) => file.split('/').slice(0, -1).join('/'))
const functions = called.reduce((sum, file) => sum + file.functions, 0)
console.log(`one warm batch: ${functions} functions in ${called.length} files of ${rooms.size} rooms`)
if (process.argv.includes('--list'))
  for (const [room, files] of rooms)
    console.log(`  ${room}: ${files.map(({ file, functions: n }) => `${file.split('/').at(-1)} ${n}`).join(', ')}`)

async function follow(): Promise<readonly Called[]> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  // Taking it sets every count back to nothing.
  const take = async (): Promise<readonly Called[]> => calledIn(await session.post('Profiler.takePreciseCoverage'))

  const batches = Array.from({ length: WARM + COUNTED + 2 }, () => ['to be or not', 'to be'])
  const ssc = new StreamingContext({ appName: 'follow', master: 'local[1]' }, milliseconds(100))
  const words = ssc.queueStream(batches).flatMap((line) => line.split(' '))
  const counts = words.map((word): [string, number] => [word, 1]).reduceByKey((a, b) => a + b)
  counts.foreachRDD((rdd) => rdd.collect())
  const taken: Promise<readonly Called[]>[] = []
  const over = new Promise<void>((resolve) => {
    let batch = 0
    ssc.addStreamingListener({
      onBatchCompleted() {
        batch++
        if (batch >= WARM && batch <= WARM + COUNTED) taken.push(take())
        if (batch === WARM + COUNTED) resolve()
      },
    })
  })
  ssc.start()
  await over
  await ssc.stop()
  session.disconnect()
  const [, ...counted] = await Promise.all(taken)
  return counted.reduce((least, each) => (each.length < least.length ? each : least)).toSorted(byFile)
}

function byFile(a: Called, b: Called): number {
  return a.file < b.file ? -1 : 1
}

interface Coverage {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly {
      readonly functionName: string
      readonly ranges: readonly { readonly count: number }[]
    }[]
  }[]
}

function calledIn({ result }: Coverage): readonly Called[] {
  return result
    .filter(({ url }) => url.startsWith(lib))
    .map(({ url, functions: all }) => ({
      file: fileURLToPath(url).slice(fileURLToPath(lib).length),
      functions: all.filter(({ functionName, ranges }) => functionName !== '' && ranges[0].count > 0).length,
    }))
    .filter(({ functions: count }) => count > 0)
}
