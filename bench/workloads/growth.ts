import { checksum } from '../checksum.ts'
import { countAndSum } from '../count-and-sum.ts'
import { uniformFile } from '../data.ts'
import { describedContext, Driver, type Store } from '../engine.ts'
import { KeyFeed, keyChunks, ReadySource } from '../feed.ts'
import { collectGarbage } from '../meter.ts'
import type { Outcome, Setting, Workload } from '../workload.ts'
import { StateSpec } from '../../lib/api/dstream/operators/state-spec.ts'
import type { State } from '../../lib/api/dstream/operators/state-handle.ts'

const UPDATES = 10_000
const STORED = 220
/** Less than this after the state was filled is not counted: what filling has left over is written whole by then. */
const WARM = 140
/** So many batches are counted, where nothing else is said. */
const BATCHES = 100
const LONG_RUN = 2_000
const FILLED_AT_ONCE = 100_000

interface Load {
  readonly keys: number
  readonly batches: number
  readonly store: Store
}

const counting = (key: string, value: number | undefined, state: State<number>): [string, number] => {
  const sum = (state.getOption() ?? 0) + (value ?? 0)
  state.update(sum)
  return [key, sum]
}

/** State that is filled with keys, then batches that change 10,000 of them each. */
async function run({ inputs, meter }: Setting, { keys, batches, store }: Load): Promise<Outcome> {
  const context = describedContext()
  const source = new ReadySource<[string, number]>(2)
  const seen = countAndSum(context.source('updates', source).mapWithState(StateSpec.function(counting)))
  const driver = await Driver.open(context, { store })
  const feed = new KeyFeed(inputs[0].path, STORED, UPDATES)
  for (let from = 0; from < keys; from += FILLED_AT_ONCE) {
    source.chunks = pairs(Uint32Array.from({ length: Math.min(FILLED_AT_ONCE, keys - from) }, (_, i) => from + i))
    await driver.batch()
  }
  const held = { rss: [] as number[], objects: [] as number[] }
  for (let i = 0; i < WARM + batches; i++) {
    source.chunks = pairs(feed.numbers(i).map((number) => spread(number, keys)))
    if (i === WARM) collectGarbage()
    if (i < WARM) await meter.warm(() => driver.batch())
    else await meter.batch(() => driver.batch())
    if (i >= WARM && i % 100 === 0) {
      collectGarbage()
      held.rss.push(Math.round(process.memoryUsage().rss / 1e6))
      held.objects.push(await driver.objects())
    }
  }
  const outcome = {
    records: batches * UPDATES,
    checksum: checksum(seen.last.flat()),
    extra: {
      batches,
      cpu_ms_per_batch: (meter.cpuSeconds * 1e3) / batches,
      p50_cpu_ms: meter.quantileCpuMs(0.5),
      p99_cpu_ms: meter.quantileCpuMs(0.99),
      objects_first: held.objects[0],
      objects_most: held.objects.reduce((most, each) => Math.max(most, each), 0),
      rss_mb_first: held.rss[0],
      rss_mb_last: held.rss.at(-1)!,
    },
  }
  await driver.close()
  return outcome
}

/** Numbers below a million, spread over more or fewer keys. */
const spread = (number: number, keys: number): number =>
  keys > 1_000_000 ? (number * (keys / 1_000_000) + (number % 7)) % keys : number % keys

const pairs = (numbers: Uint32Array): [string, number][][] =>
  keyChunks(numbers).map((keys) => keys.map((key): [string, number] => [key, 1]))

const memory = (keys: number): Load => ({ keys, batches: BATCHES, store: 'memory' })
const long = (store: Store): Load => ({ keys: 1_000_000, batches: LONG_RUN, store })

export const growth: Workload = {
  name: 'growth',
  about: '10,000 updates a batch of more and more keys (mapWithState), and 2,000 batches of a million keys',
  inputs: async () => [uniformFile(1_000_000, STORED * UPDATES)],
  variants: {
    'keys-1e4': { group: '1e4', run: (setting) => run(setting, memory(10_000)) },
    'keys-1e5': { group: '1e5', run: (setting) => run(setting, memory(100_000)) },
    'keys-1e6': { group: '1e6', run: (setting) => run(setting, memory(1_000_000)) },
    'keys-3e6': { group: '3e6', fullOnly: true, heapMb: 6_000, run: (setting) => run(setting, memory(3_000_000)) },
    'keys-1e7': { group: '1e7', fullOnly: true, heapMb: 12_000, run: (setting) => run(setting, memory(10_000_000)) },
    'batches-2000': { group: '2000', fullOnly: true, run: (setting) => run(setting, long('memory')) },
    'batches-2000-directory': { group: '2000', fullOnly: true, run: (setting) => run(setting, long('directory')) },
  },
  columns: {
    'core-ms a batch': ({ extra }) => Number(extra.cpu_ms_per_batch),
    'CPU p50, ms': ({ extra }) => Number(extra.p50_cpu_ms),
    'CPU p99, ms': ({ extra }) => Number(extra.p99_cpu_ms),
    'RSS at first, MB': ({ extra }) => Number(extra.rss_mb_first),
    'RSS at last, MB': ({ extra }) => Number(extra.rss_mb_last),
    'objects, most': ({ extra }) => Number(extra.objects_most),
    'peak MB': ({ peak_rss_mb }) => Math.round(peak_rss_mb),
  },
  ratios: [
    // A batch costs what it changes, not what is held.
    { of: 'keys-1e6', to: 'keys-1e4', metric: 'records_per_cpu_s', goal: 1 / 1.5 },
    { of: 'keys-1e5', to: 'keys-1e4', metric: 'records_per_cpu_s' },
  ],
}
