import { parseArgs } from 'node:util'
import { type Finding, randomFaults, SHAPES, singleFaults, Tally, WORKERS } from './campaign.ts'
import type { Job } from './jobs/job.ts'
import { jobs, longJobs } from './jobs/jobs.ts'
import { simulate } from './simulate.ts'

/** `node lib/testing/simulator/main.ts --seeds N [--seed s] [--job a|b|c|d] [--single] [--stop] [--json]` */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    job: { type: 'string' },
    workers: { type: 'string' },
    /** Every fault at every call instead of random ones. */
    single: { type: 'boolean', default: false },
    /** Takes every n-th pair of call and fault only. */
    stride: { type: 'string', default: '1' },
    /** Ends at the first violation, and also tries runs without faults first. */
    hunt: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

// Formatting stacks that nobody reads takes a fifth of the time of a run.
if (process.env['SLUICE_TRACE'] === undefined) Error.prepareStackTrace = (error) => String(error)

const chosen: readonly Job[] = values.job === undefined ? jobs : [...jobs, ...longJobs].filter((job) => job.name === values.job)
const [first, count] = [Number(values.seed), Number(values.seeds)]
const tally = new Tally()
const started = performance.now()

if (values.hunt) await hunt()
else if (values.single) await singly()
else await randomFaults(first, first + count, tally, { onRun: progress }, chosen)

const missing = values.hunt || values.single || count < 100 || chosen.length < jobs.length ? [] : tally.missing(SHAPES)
if (values.json) console.log(JSON.stringify({ runs: tally.runs, found: tally.findings.map(({ violation, scenario }) => ({ ...violation, seed: scenario.seed, faults: scenario.faults, job: scenario.job.name, workers: scenario.workers })) }))
else summarise()
process.exitCode = tally.findings.length > 0 || missing.length > 0 ? 1 : 0

async function singly(): Promise<void> {
  for (const job of chosen) for (const workers of values.workers === undefined ? [0, WORKERS] : [Number(values.workers)]) await singleFaults(job, workers, tally, { onRun: progress }, Number(values.stride))
}

async function hunt(): Promise<void> {
  const onRun = (): boolean => tally.findings.length === 0
  for (const job of chosen) {
    for (const workers of [0, WORKERS]) {
      const scenario = { job, seed: first, workers, faults: 'none', ticks: 14 } as const
      tally.add(scenario, await simulate(scenario))
      if (!onRun()) return
    }
  }
  await randomFaults(first, first + count, tally, { onRun }, chosen)
}

function progress(): boolean {
  if (tally.runs % 100 === 0) console.error(`${tally.runs} runs, ${tally.batches} batches, ${tally.findings.length} violations`)
  return tally.findings.length < 10
}

function summarise(): void {
  const spent = (performance.now() - started) / 1000
  for (const finding of tally.findings) console.log(described(finding))
  console.log(`${tally.runs} runs, ${tally.batches} batches, ${tally.calls} port calls in ${spent.toFixed(1)} s: ${Math.round(tally.batches / spent)} batches/s`)
  console.log([...tally.happened].map(([shape, times]) => `${shape} ${times}`).sort((a, b) => (a < b ? -1 : 1)).join(', '))
  console.log(tally.findings.length === 0 ? 'no violation' : `${tally.findings.length} violations`)
  if (missing.length > 0) console.log(`these shapes never came up: ${missing.join(', ')}`)
}

function described({ scenario: { job, seed, workers, faults }, violation, lines }: Finding): string {
  const where = typeof faults === 'string' ? faults : 'call' in faults ? `${faults.fault} at call ${faults.call}` : 'none'
  const tail = process.env['SLUICE_TRACE'] === undefined ? [] : lines.slice(-Number(process.env['SLUICE_TRACE']))
  return [`job ${job.name}, seed ${seed}, ${workers} workers, faults: ${where}: ${violation.check}: ${violation.what}`, ...tail].join('\n')
}
