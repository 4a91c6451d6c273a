import { billOf, type Bill, plus, sumOf, times } from '../../lib/cli/bill.ts'
import { usageOfTicks } from '../../lib/cli/cost.ts'
import type { Recorded, Recording } from '../bill/recorded.ts'
import type { Result } from '../results.ts'
import type { Outcome, Variant, Workload } from '../workload.ts'

// What a batch asks of the services is recorded; how long they take is assumed, and the prices are those of the lists.

const MEMORY = { coordinator: 256, task: 1769, output: 512 }
const BATCHES = 16
const DAY_MS = 86_400_000
/** Dollars a day of the smallest application of Managed Flink. */
const MANAGED_FLINK = 5.44

/** What is to be reached, in dollars a million batches, of four shards. */
const GOALS: Readonly<Record<string, number>> = {
  '1s-4-1kB': 6.5,
  '1s-4-64kB': 14,
  '10s-4-1kB': 7.3,
  '10s-4-64kB': 15,
  '60s-4-1kB': 6,
  '60s-4-64kB': 13,
}

/** Records of a batch, and the bytes that each leaves in the state of its key. */
const CHANGED = {
  idle: { records: 0, bytes: 0 },
  '1kB': { records: 40, bytes: 16 },
  '64kB': { records: 512, bytes: 120 },
}

async function run(recording: Recording): Promise<Outcome> {
  const { recordedBatches } = await import('../bill/recorded.ts')
  const recorded = await recordedBatches(recording)
  return {
    records: recording.records * BATCHES,
    checksum: 'bill',
    extra: { batches: BATCHES, ...figures(recording, recorded) },
  }
}

function figures({ intervalMs, memorySize }: Recording, { usage, sourced }: Recorded): Record<string, number> {
  const ticks = times(usageOfTicks(intervalMs, memorySize), intervalMs / 60_000)
  // One that stays is billed for its minute, and its calls are not counted as invocations.
  const isStaying = intervalMs < 5000
  const own = isStaying
    ? { ...usage, ms: { ...usage.ms, coordinator: 0 } }
    : { ...usage, invocations: usage.invocations + 1 }
  const bill = billOf(plus(own, ticks), memorySize)
  const { ms, logBytes: _logBytes, ...counts } = plus(own, ticks)
  const day = (sumOf(bill) * DAY_MS) / intervalMs
  return { dollars: sumOf(bill), day, sourced, ...counts, ...namedMs(ms), ...inMillions(bill) }
}

const namedMs = (ms: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(ms).map(([name, value]) => [`${name}_ms`, value]))

const inMillions = (bill: Bill): Record<string, number> =>
  Object.fromEntries(Object.entries(bill).map(([part, dollars]) => [`m_${part}`, dollars * 1e6]))

const variants: Record<string, Variant> = {}
for (const seconds of [1, 10, 60])
  for (const shards of [1, 4])
    for (const [changed, { records, bytes }] of Object.entries(CHANGED)) {
      const name = `${seconds}s-${shards}-${changed}`
      const recording = { intervalMs: seconds * 1000, shards, records, bytes, batches: BATCHES, memorySize: MEMORY }
      if (changed !== 'idle' || shards === 1) variants[name] = { once: true, group: name, run: () => run(recording) }
    }

const figure =
  (name: string) =>
  ({ extra }: Result): number =>
    Number(extra[name])

export const bill: Workload = {
  name: 'bill',
  about: 'dollars of a batch of functions: recorded calls, times list prices',
  untimed: true,
  inputs: async () => [],
  variants,
  ratios: [],
  columns: {
    '$ a million batches': ({ extra }) => Number(extra['dollars']) * 1e6,
    goal: ({ variant }) => GOALS[variant] ?? Number.NaN,
    '$ a day': figure('day'),
    'Managed Flink dearer by': ({ extra }) => MANAGED_FLINK / Number(extra['day']),
    invocations: figure('invocations'),
    'head kB': figure('tableWrites'),
    reads: figure('tableReads'),
    'PUT, LIST': figure('puts'),
    GET: figure('gets'),
    queue: figure('messages'),
    'ms coordinator': figure('coordinator_ms'),
    task: figure('task_ms'),
    output: figure('output_ms'),
  },
}
