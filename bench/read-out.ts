import type { StreamingContext } from '../lib/api/dstream/streaming-context.ts'
import type { Source } from '../lib/source/source.ts'
import { checksum } from './checksum.ts'
import { countAndSum } from './count-and-sum.ts'
import { describedContext, Driver } from './engine.ts'
import type { InputFile } from './data.ts'
import { collectGarbage } from './meter.ts'
import type { Outcome, Setting, Workload } from './workload.ts'

/** Where a server keeps the same records twice: a few to warm up with, and those that are timed. */
interface Places {
  /** The address of the server, in whatever form its clients take. */
  readonly address: string
  readonly warm: Place
  readonly timed: Place
}

/** A topic, a stream or a prefix. */
export interface Place {
  readonly name: string
  readonly records: number
}

/** Records of a place that are ready to be read, to the end of it. */
export interface Reading {
  /** How many there were. */
  read(): Promise<number>
  close(): Promise<void>
}

/** How records of a place are read, by the engine and by the client alone. */
interface Readers {
  source(address: string, place: Place): Source<unknown>
  client(address: string, place: Place): Promise<Reading>
}

/** Every record of a server is counted: through source → count of the engine, and with its client in a loop. */
export const readOut = ({ source, client }: Readers): Pick<Workload, 'variants' | 'ratios'> => ({
  variants: {
    client: { run: (setting) => timedRun(setting, client) },
    sluice: { run: (setting) => timedRun(setting, (address, place) => counting(source(address, place), place)) },
  },
  ratios: [{ of: 'sluice', to: 'client', metric: 'records_per_cpu_s', goal: 0.7 }],
})

/** Places as an input: nothing is in a file. */
export const served = (places: Places): InputFile[] => [{ path: JSON.stringify(places), sha256: 'served' }]

export const placesOf = (inputs: readonly InputFile[]): Places => JSON.parse(inputs[0].path) as Places

async function counting(source: Source<unknown>, { records }: Place): Promise<Reading> {
  const context = describedContext()
  const seen = countAndSum(
    context
      .source('records', source)
      .count()
      .map((n): [string, number] => ['records', n]),
  )
  return untilRead(context, records, () => seen.sum)
}

/** Batches until as many records were read. */
export async function untilRead(context: StreamingContext, records: number, read: () => number): Promise<Reading> {
  const driver = await Driver.open(context)
  return {
    async read() {
      while (read() < records) await driver.batch()
      return read()
    },
    async close() {
      await driver.close()
      await context.stop()
    },
  }
}

/** Reads all records of a place, after it has read the few of another one, or `warmed`: what it is to be warm for. */
export async function timedRun(
  { inputs, meter }: Setting,
  open: (address: string, place: Place) => Promise<Reading>,
  warmed: (places: Places) => readonly Place[] = ({ warm }) => [warm],
): Promise<Outcome> {
  const places = placesOf(inputs)
  const { address, timed } = places
  for (const place of warmed(places)) {
    const before = await open(address, place)
    await meter.warm(() => before.read())
    await before.close()
  }
  const reading = await open(address, timed)
  collectGarbage()
  let records = 0
  await meter.batch(async () => {
    records = await reading.read()
  })
  await reading.close()
  return { records, checksum: checksum([['records', records]]) }
}
