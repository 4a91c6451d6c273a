import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { textFiles } from '../../lib/adapters/files/file-source.ts'
import type { DStream } from '../../lib/api/dstream/dstream.ts'
import type { StreamingContext } from '../../lib/api/dstream/streaming-context.ts'
import { checksum } from '../checksum.ts'
import { countAndSum, type Seen } from '../count-and-sum.ts'
import { folder, uniformFile } from '../data.ts'
import { describedContext, Driver } from '../engine.ts'
import { KeyFeed, keyChunks, ReadySource } from '../feed.ts'
import { collectGarbage, type Meter } from '../meter.ts'
import type { Result } from '../results.ts'
import type { Outcome, Setting, Variant, Workload } from '../workload.ts'

// Each workload here makes one thing larger and leaves the rest as it is.

const UPDATES = 10_000
const PANE_KEYS = 1_000
const STORED = 100
const add = (a: number, b: number): number => a + b

/** What a batch costs, on the page about performance. */
const columns: Readonly<Record<string, (result: Result) => number>> = {
  'core-ms a batch': (result: Result) => (result.cpu_s * 1000) / Number(result.extra.batches),
  'ms a batch, p50': (result: Result) => result.p50_batch_ms,
  p99: (result: Result) => result.p99_batch_ms,
  'peak MB': (result: Result) => Math.round(result.peak_rss_mb),
}

interface Run {
  readonly warm: number
  readonly timed: number
  /** What is laid ready before a batch, outside the time. */
  readonly lay: (batch: number) => void
  /** What all outputs have seen. */
  readonly seen: readonly Seen[]
}

async function timed(
  meter: Meter,
  context: StreamingContext,
  { warm, timed: count, lay, seen }: Run,
): Promise<Outcome> {
  const driver = await Driver.open(context)
  let records = 0
  for (let i = 0; i < warm + count; i++) {
    lay(i)
    if (i === warm) collectGarbage()
    await (i < warm ? meter.warm(() => driver.batch()) : meter.batch(() => driver.batch()))
    if (i >= warm) records += driver.records
  }
  const outcome = { records, checksum: checksum(seen.map((each) => [each.count, each.sum])), extra: { batches: count } }
  await driver.close()
  return outcome
}

const pairsOf = (numbers: Uint32Array): [string, number][][] =>
  keyChunks(numbers).map((keys) => keys.map((key): [string, number] => [key, 1]))

/** A variant for each size, in a group of its own: their answers differ. */
const sized = (
  sizes: readonly number[],
  run: (setting: Setting, size: number) => Promise<Outcome>,
): Record<string, Variant> =>
  Object.fromEntries(sizes.map((size) => [String(size), { group: String(size), run: (setting) => run(setting, size) }]))

const costOf = (variants: Record<string, Variant>): Workload['ratios'] => {
  const [smallest, ...larger] = Object.keys(variants)
  return larger.map((of) => ({ of, to: smallest, metric: 'cpu_ms_per_batch' as const }))
}

/** 10,000 counts of as many keys, through a shuffle into running totals. */
async function ofPartitions({ inputs, meter }: Setting, count: number): Promise<Outcome> {
  const context = describedContext()
  const source = new ReadySource<[string, number]>(2)
  const counts = context.source('updates', source).reduceByKey(add, count)
  const totals = counts.updateStateByKey<number>((values, total) => values.reduce(add, total ?? 0), count)
  const feed = new KeyFeed(inputs[0].path, STORED, UPDATES)
  const lay = (i: number): void => {
    source.chunks = pairsOf(feed.numbers(i).map((number) => number % UPDATES))
  }
  return timed(meter, context, { warm: 100, timed: 100, lay, seen: [countAndSum(totals)] })
}

/** A window with an inverse and one without, over 1,000 updates of 1,000 keys a second. */
async function ofPanes({ inputs, meter }: Setting, panes: number): Promise<Outcome> {
  const context = describedContext()
  const source = new ReadySource<[string, number]>(2)
  const pairs = context.source('updates', source)
  const seen = [
    countAndSum(pairs.reduceByKeyAndWindow(add, (a, b) => a - b, panes * 1000, 1000)),
    countAndSum(pairs.reduceByKeyAndWindow(add, panes * 1000, 1000)),
  ]
  const feed = new KeyFeed(inputs[0].path, STORED, PANE_KEYS)
  const lay = (i: number): void => {
    source.chunks = pairsOf(feed.numbers(i).map((number) => number % PANE_KEYS))
  }
  return timed(meter, context, { warm: panes + 100, timed: 300, lay, seen })
}

/** So many streams, each with a shuffle, state and an output of its own, that share 10,000 updates. */
async function ofStreams({ inputs, meter }: Setting, count: number): Promise<Outcome> {
  const context = describedContext()
  const sources = Array.from({ length: count }, () => new ReadySource<[string, number]>(2))
  const totals = (stream: DStream<[string, number]>): DStream<[string, number]> =>
    stream.reduceByKey(add).updateStateByKey<number>((values, total) => values.reduce(add, total ?? 0))
  const seen = sources.map((source, i) => countAndSum(totals(context.source(`updates-${i}`, source))))
  const feed = new KeyFeed(inputs[0].path, STORED, UPDATES)
  const lay = (i: number): void => {
    const all = pairsOf(feed.numbers(i)).flat()
    for (const [at, source] of sources.entries())
      source.chunks = [all.filter(([key]) => Number(key.slice(1)) % count === at)]
  }
  return timed(meter, context, { warm: 100, timed: 100, lay, seen })
}

const LINES = 10_000

/** 10,000 lines a batch, in so many files. */
const ofFiles = (setting: Setting, files: number): Promise<Outcome> =>
  inDirectory(setting, 0, (write) => {
    for (let i = 0; i < files; i++) write(i, 'a line of words\n'.repeat(LINES / files))
  })

/** One new file a batch in a directory that holds so many old ones. */
const ofOldFiles = (setting: Setting, old: number): Promise<Outcome> =>
  inDirectory(setting, old, (write) => write(0, 'a line of words\n'))

type Write = (number: number, text: string) => void

/** The clock of a run begins in 1970, so files get their times from it; old ones are as old as it can show. */
async function inDirectory({ meter }: Setting, old: number, layFiles: (write: Write) => void): Promise<Outcome> {
  mkdirSync(folder, { recursive: true })
  const directory = mkdtempSync(join(folder, 'files-'))
  const write = (name: string, text: string, seconds: number): void => {
    writeFileSync(join(directory, name), text)
    utimesSync(join(directory, name), seconds, seconds)
  }
  try {
    for (let i = 0; i < old; i++) write(`old-${i}`, '', 0)
    const context = describedContext()
    const lines = context.source('lines', textFiles(directory, { newFilesOnly: false }))
    const seen = countAndSum(lines.map((line): [string, number] => [line, 1]))
    const lay = (batch: number): void => layFiles((number, text) => write(`new-${batch}-${number}`, text, batch + 0.5))
    return await timed(meter, context, { warm: 3, timed: 6, lay, seen: [seen] })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function costs(
  name: string,
  about: string,
  sizes: readonly number[],
  run: (setting: Setting, size: number) => Promise<Outcome>,
  updates = UPDATES,
): Workload {
  const variants = sized(sizes, run)
  return {
    name,
    about,
    inputs: async () => [uniformFile(100_000, STORED * updates)],
    variants,
    ratios: costOf(variants),
    columns,
  }
}

export const costWorkloads: readonly Workload[] = [
  costs(
    'partitions',
    'running totals of 10,000 updates a batch in more and more partitions',
    [2, 16, 64, 256],
    ofPartitions,
  ),
  costs('panes', 'a window with and one without an inverse, longer and longer', [60, 600, 3600], ofPanes, PANE_KEYS),
  costs('streams', '10,000 updates a batch, shared by more and more streams', [1, 10, 50], ofStreams),
  costs('files', '10,000 lines a batch in more and more files', [1, 10, 100, 1000, 10_000], ofFiles),
  costs(
    'old-files',
    'one new file a batch in a directory of more and more old ones',
    [0, 1000, 10_000, 100_000],
    ofOldFiles,
  ),
]
