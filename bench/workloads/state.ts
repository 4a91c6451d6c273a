import { StateSpec } from '../../lib/api/dstream/operators/state-spec.ts'
import type { State } from '../../lib/api/dstream/operators/state-handle.ts'
import { HandState } from '../ceilings/state.ts'
import { checksum } from '../checksum.ts'
import { countAndSum, type Seen } from '../count-and-sum.ts'
import { uniformFile } from '../data.ts'
import { describedContext, Driver, type Store } from '../engine.ts'
import { KeyFeed, keyChunks, ReadySource } from '../feed.ts'
import { collectGarbage } from '../meter.ts'
import { onSpark } from '../spark/spark.ts'
import type { Outcome, Setting, Size, Variant, Workload } from '../workload.ts'

type Pairs = [string, number][][]

const KEYS = 1_000_000
const UPDATES = 100_000
const WARM = 2
const BATCHES: Record<Size, number> = { small: 8, full: 20 }
const STORED = WARM + 20

const update = (values: readonly number[], state: number | undefined): number => {
  let sum = state ?? 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return sum
}

const mapping = (key: string, value: number | undefined, state: State<number>): [string, number] => {
  const sum = (state.getOption() ?? 0) + (value ?? 0)
  state.update(sum)
  return [key, sum]
}

/**
 * All keys at 0, then batches that add 1 to some; a last batch without records shows the whole state where the operator
 * does not.
 */
async function engine(setting: Setting, form: 'map' | 'update', store: Store): Promise<Outcome> {
  const context = describedContext()
  const source = new ReadySource<[string, number]>(2)
  const pairs = context.source('updates', source)
  const seen =
    form === 'map'
      ? countAndSum(pairs.mapWithState(StateSpec.function(mapping)))
      : countAndSum(pairs.updateStateByKey<number>(update))
  const driver = await Driver.open(context, { store })
  const outcome = await timed(
    setting,
    (chunks) => {
      source.chunks = chunks
    },
    () => driver.batch(),
    () => stateOf(form, source, driver, seen),
  )
  await driver.close()
  return outcome
}

/** Adding 0 to every key makes `mapWithState` say all that it holds. */
async function stateOf(
  form: 'map' | 'update',
  source: ReadySource<[string, number]>,
  driver: Driver,
  seen: Seen,
): Promise<Iterable<readonly [string, number]>> {
  source.chunks = form === 'map' ? preload() : []
  await driver.batch()
  return seen.last.flat()
}

async function byHand(setting: Setting, form: 'map' | 'update', durable = false): Promise<Outcome> {
  const loop = new HandState(KEYS, durable)
  let ready: Pairs = []
  const batch = (): void => (form === 'map' ? loop.mapBatch(ready) : loop.updateBatch(ready, update))
  return timed(
    setting,
    (chunks) => {
      ready = chunks
    },
    batch,
    async () => loop.rows(),
  )
}

async function timed(
  { size, inputs, meter }: Setting,
  lay: (chunks: Pairs) => void,
  batch: () => unknown,
  rows: () => Promise<Iterable<readonly [string, number]>>,
): Promise<Outcome> {
  const feed = new KeyFeed(inputs[0].path, STORED, UPDATES)
  lay(preload())
  await batch()
  for (let i = 0; i < WARM + BATCHES[size]; i++) {
    lay(valued(feed.keys(i), 1))
    if (i === WARM) collectGarbage()
    if (i < WARM) await meter.warm(batch)
    else await meter.batch(batch)
  }
  const records = BATCHES[size] * UPDATES
  return {
    records,
    checksum: checksum(await rows()),
    extra: {
      ns_per_update: (meter.cpuSeconds * 1e9) / records,
      cpu_ms_per_batch: (meter.cpuSeconds * 1e3) / BATCHES[size],
    },
  }
}

const preload = (): Pairs => valued(keyChunks(Uint32Array.from({ length: KEYS }, (_, i) => i)), 0)
const valued = (chunks: string[][], value: number): Pairs => chunks.map((keys) => keys.map((key) => [key, value]))

/** A pass over all of it is warm-up. */
const spark = (program: string): Variant =>
  onSpark(program, ({ size, inputs }) => ({
    records: BATCHES[size] * UPDATES,
    options: {
      path: inputs[0].path,
      stored: STORED,
      keys: KEYS,
      updates: UPDATES,
      warm: WARM,
      batches: BATCHES[size],
      passes: 2,
    },
  }))

export const state: Workload = {
  name: 'state',
  about: 'a million keys in state, 100,000 updates per batch; each batch writes what changed',
  inputs: async () => [uniformFile(KEYS, STORED * UPDATES)],
  variants: {
    'ceiling-map': { run: (setting) => byHand(setting, 'map') },
    'ceiling-map-durable': { run: (setting) => byHand(setting, 'map', true) },
    'sluice-map-memory': { run: (setting) => engine(setting, 'map', 'memory') },
    'sluice-map-directory': { run: (setting) => engine(setting, 'map', 'directory') },
    'ceiling-update': { run: (setting) => byHand(setting, 'update') },
    'ceiling-update-durable': { run: (setting) => byHand(setting, 'update', true) },
    'sluice-update-memory': { run: (setting) => engine(setting, 'update', 'memory') },
    'sluice-update-directory': { run: (setting) => engine(setting, 'update', 'directory') },
    'spark-map': spark('map-with-state'),
    'spark-update': spark('update-state'),
  },
  ratios: [
    { of: 'sluice-map-memory', to: 'spark-map', metric: 'records_per_cpu_s', goal: 15 },
    { of: 'sluice-update-memory', to: 'spark-update', metric: 'records_per_cpu_s', goal: 10 },
    { of: 'sluice-map-directory', to: 'spark-map', metric: 'records_per_cpu_s' },
    { of: 'sluice-update-directory', to: 'spark-update', metric: 'records_per_cpu_s' },
    { of: 'sluice-map-memory', to: 'ceiling-map', metric: 'records_per_cpu_s', goal: 0.8 },
    { of: 'sluice-map-memory', to: 'ceiling-map-durable', metric: 'records_per_cpu_s' },
    { of: 'sluice-map-directory', to: 'ceiling-map', metric: 'records_per_cpu_s' },
    { of: 'sluice-update-memory', to: 'ceiling-update', metric: 'records_per_cpu_s', goal: 0.8 },
    { of: 'sluice-update-memory', to: 'ceiling-update-durable', metric: 'records_per_cpu_s' },
    { of: 'sluice-update-directory', to: 'ceiling-update', metric: 'records_per_cpu_s' },
  ],
}
