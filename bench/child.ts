import { writeSync } from 'node:fs'
import type { InputFile } from './data.ts'
import { Meter } from './meter.ts'
import type { Size } from './workload.ts'
import { workloads } from './workloads/index.ts'

/** What a process that ran one variant once says on its descriptor 3. */
export interface Measured {
  readonly records: number
  readonly wall_s: number
  readonly cpu_s: number
  readonly peak_rss_mb: number
  readonly p50_batch_ms: number
  readonly p99_batch_ms: number
  readonly checksum: string
  readonly extra: Readonly<Record<string, number | string>>
}

const [name, variant, size, inputs] = process.argv.slice(2) as [string, string, Size, string]
const workload = workloads.find((each) => each.name === name)!
const meter = new Meter()
const {
  records,
  checksum,
  extra = {},
} = await workload.variants[variant].run({ size, inputs: JSON.parse(inputs) as InputFile[], meter })
const measured: Measured = {
  records,
  wall_s: meter.wallSeconds,
  cpu_s: meter.cpuSeconds,
  peak_rss_mb: meter.peakRssMb,
  p50_batch_ms: meter.quantileMs(0.5),
  p99_batch_ms: meter.quantileMs(0.99),
  checksum,
  extra: { ...extra, ...(meter.coldMs === null ? {} : { cold_ms: meter.coldMs }) },
}
writeSync(3, JSON.stringify(measured))
// What a workload has left behind, such as a coordinator that waits for its next batch, is not waited for.
process.exit()
