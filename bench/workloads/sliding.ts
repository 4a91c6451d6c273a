import { HandInverse, HandTwoStacks } from '../ceilings/sliding.ts'
import { checksum } from '../checksum.ts'
import { countAndSum } from '../count-and-sum.ts'
import { uniformFile } from '../data.ts'
import { describedContext, Driver } from '../engine.ts'
import { KeyFeed, ReadySource } from '../feed.ts'
import { collectGarbage } from '../meter.ts'
import { onSpark } from '../spark/spark.ts'
import type { Outcome, Setting, Size, Variant, Workload } from '../workload.ts'

/** Keys that there are, and updates per pane of one second. */
interface Load {
  readonly keys: number
  readonly updates: number
  readonly panes: number
  readonly slides: number
}

/** Different panes in the file; after them it begins again. */
const PANES_STORED = 100

const slides: Record<Size, number> = { small: 20, full: 120 }
const minute = (size: Size): Load => ({ keys: 100_000, updates: 100_000, panes: 60, slides: slides[size] })
/** Ten times as many keys, of which as many change. */
const manyKeys = (size: Size): Load => ({ ...minute(size), keys: 1_000_000 })
/**
 * Fewer keys, so that ten minutes of panes can be filled; a whole long window is timed, so that its costliest slide is
 * in it.
 */
const length = (panes: number): Load => ({ keys: 5_000, updates: 5_000, panes, slides: 600 })

const fileOf = (inputs: Setting['inputs'], keys: number, updates: number): string =>
  inputs.find(({ path }) => path.endsWith(`uniform-${keys}-${PANES_STORED * updates}.u32`))!.path

const feedOf = ({ inputs }: Setting, { keys, updates }: Load): KeyFeed =>
  new KeyFeed(fileOf(inputs, keys, updates), PANES_STORED, updates)

async function engine(setting: Setting, load: Load, inverse: boolean): Promise<Outcome> {
  const context = describedContext()
  const source = new ReadySource<string>(2)
  const pairs = context.source('keys', source).map((key): [string, number] => [key, 1])
  const add = (a: number, b: number): number => a + b
  const [lengthMs, slideMs] = [load.panes * 1_000, 1_000]
  const seen = countAndSum(
    inverse
      ? pairs.reduceByKeyAndWindow(
          add,
          (a, b) => a - b,
          lengthMs,
          slideMs,
          undefined,
          ([, value]) => value !== 0,
        )
      : pairs.reduceByKeyAndWindow(add, lengthMs, slideMs),
  )
  const driver = await Driver.open(context)
  const outcome = await timed(
    setting,
    load,
    (chunks) => {
      source.chunks = chunks
    },
    () => driver.batch(),
    () => seen.last.flat(),
  )
  await driver.close()
  return outcome
}

async function byHand(setting: Setting, load: Load, loop: HandInverse | HandTwoStacks): Promise<Outcome> {
  let ready: string[][] = []
  return timed(
    setting,
    load,
    (chunks) => {
      ready = chunks
    },
    () => loop.batch(ready),
    () => loop.rows(),
  )
}

/** Keys are laid ready as strings between slides, outside the time. */
async function timed(
  setting: Setting,
  load: Load,
  lay: (chunks: string[][]) => void,
  slide: () => unknown,
  rows: () => Iterable<readonly [string, number]>,
): Promise<Outcome> {
  const { meter } = setting
  const feed = feedOf(setting, load)
  for (let i = 0; i < load.panes + load.slides; i++) {
    lay(feed.keys(i))
    if (i === load.panes) collectGarbage()
    if (i < load.panes) await meter.warm(slide)
    else await meter.batch(slide)
  }
  return {
    records: load.slides * load.updates,
    checksum: checksum(rows()),
    extra: {
      ms_per_slide: (meter.wallSeconds * 1000) / load.slides,
      cpu_ms_per_slide: (meter.cpuSeconds * 1000) / load.slides,
    },
  }
}

const hand = (load: Load): HandTwoStacks => new HandTwoStacks(load.panes, load.keys)

const spark = (program: string): Variant =>
  onSpark(program, ({ size, inputs }) => {
    const { keys, updates, panes, slides: timed } = minute(size)
    const options = { path: fileOf(inputs, keys, updates), stored: PANES_STORED, updates }
    return { records: timed * updates, options: { ...options, warm: panes, batches: timed, passes: 1 } }
  })

export const sliding: Workload = {
  name: 'sliding',
  about:
    'counts per key over the last minute, every second: 100,000 keys and as many updates per second; and ' +
    'windows of one and of ten minutes over 5,000 keys',
  inputs: async () => [
    uniformFile(100_000, PANES_STORED * 100_000),
    uniformFile(5_000, PANES_STORED * 5_000),
    uniformFile(1_000_000, PANES_STORED * 100_000),
  ],
  variants: {
    'ceiling-inverse': {
      group: 'minute',
      run: (setting) => byHand(setting, minute(setting.size), new HandInverse(60, 100_000)),
    },
    'sluice-inverse': { group: 'minute', run: (setting) => engine(setting, minute(setting.size), true) },
    'sluice-inverse-1e6': {
      group: '1e6',
      fullOnly: true,
      run: (setting) => engine(setting, manyKeys(setting.size), true),
    },
    'ceiling-panes': {
      group: 'minute',
      run: (setting) => byHand(setting, minute(setting.size), hand(minute(setting.size))),
    },
    'sluice-panes': { group: 'minute', run: (setting) => engine(setting, minute(setting.size), false) },
    'sluice-panes-60': { group: '60', run: (setting) => engine(setting, length(60), false) },
    'sluice-panes-600': { group: '600', run: (setting) => engine(setting, length(600), false) },
    'ceiling-panes-600': { group: '600', run: (setting) => byHand(setting, length(600), hand(length(600))) },
    'spark-inverse': { ...spark('sliding-inverse'), group: 'minute' },
    'spark-panes': { ...spark('sliding-panes'), group: 'minute' },
  },
  ratios: [
    { of: 'sluice-inverse', to: 'spark-inverse', metric: 'records_per_cpu_s', goal: 25 },
    { of: 'sluice-panes', to: 'spark-panes', metric: 'records_per_cpu_s', goal: 50 },
    { of: 'sluice-inverse', to: 'ceiling-inverse', metric: 'records_per_cpu_s', goal: 0.7 },
    { of: 'sluice-panes', to: 'ceiling-panes', metric: 'records_per_cpu_s', goal: 0.7 },
    // A window ten times as long may cost a fifth more.
    { of: 'sluice-panes-600', to: 'sluice-panes-60', metric: 'records_per_cpu_s', goal: 1 / 1.2 },
    { of: 'sluice-panes-600', to: 'ceiling-panes-600', metric: 'records_per_cpu_s' },
  ],
}
