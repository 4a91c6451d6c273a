import { parseArgs } from 'node:util'
import { type Finding, randomFaults, scenarioOf, SHAPES, singleFaults, Tally, ticksOf, WORKERS } from './campaign.ts'
import { faultLine, faultsText, parseFaults } from './fault-list.ts'
import type { Job } from './jobs/job.ts'
import { briefJobs, furtherJobs, jobs, longJobs, openJobs, specialJobs } from './jobs/jobs.ts'
import { shortLives } from './jobs/short-lives.ts'
import { type Share, spread } from './processes.ts'
import { RECORDS_ALL } from './shrink.ts'
import { shrinkFinding } from './shrink-finding.ts'
import { type Scenario, simulate } from './simulate.ts'
import { readVariable } from '../model/settings/read-variable.ts'
import { withoutStacks } from './stackless.ts'

/**
 * `node lib/simulator/main.ts --seeds N [--seed s] [--job <name>] [--single] [--processes n] [--shrink]
 * [--json]`
 */
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
    /** Spreads random seeds over so many processes. */
    processes: { type: 'string', default: '1' },
    /** Finds the least that the first violation of random faults needs. */
    shrink: { type: 'boolean', default: false },
    /** One run of `--seed` with these faults, as `--shrink` prints them. */
    faults: { type: 'string' },
    ticks: { type: 'string' },
    'records-max': { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

const traced = readVariable(process.env, 'SLUICE_TRACE')
if (traced === null) withoutStacks()

const all: readonly Job[] = [
  ...jobs,
  ...longJobs,
  ...specialJobs,
  ...furtherJobs,
  ...openJobs,
  ...briefJobs,
  ...shortLives,
]
const chosen: readonly Job[] = values.job === undefined ? jobs : all.filter((job) => job.name === values.job)
const [first, count, processes] = [Number(values.seed), Number(values.seeds), Number(values.processes)]
const isRandom = !values.hunt && !values.single && values.faults === undefined
const tally = new Tally()
const started = performance.now()

const done =
  isRandom && processes > 1
    ? await spread(processes, first, first + count, values.job === undefined ? [] : ['--job', values.job])
    : await here()
const missing =
  isRandom && count >= 100 && chosen.length === jobs.length ? SHAPES.filter((shape) => !(shape in done.happened)) : []
if (values.json) console.log(JSON.stringify(done))
else summarise(done)
if (values.shrink && tally.findings.length > 0) await least(tally.findings[0])
process.exitCode = done.found.length > 0 || missing.length > 0 ? 1 : 0

async function here(): Promise<Share> {
  if (values.hunt) await hunt()
  else if (values.single) await singly()
  else if (values.faults !== undefined) await listed(values.faults)
  else await randomFaults(first, first + count, tally, { onRun: progress }, chosen)
  return {
    runs: tally.runs,
    batches: tally.batches,
    calls: tally.calls,
    happened: Object.fromEntries(tally.happened),
    found: tally.findings.map(plainFinding),
  }
}

async function singly(): Promise<void> {
  const each = values.job === undefined ? [...jobs, ...specialJobs] : chosen
  for (const job of each)
    for (const workers of values.workers === undefined ? [0, WORKERS] : [Number(values.workers)])
      await singleFaults(job, workers, tally, { onRun: progress }, Number(values.stride))
}

async function hunt(): Promise<void> {
  const onRun = (): boolean => tally.findings.length === 0
  for (const job of chosen) {
    const ticks = ticksOf(job, 14)
    for (const faults of ['none', 'slow'] as const) {
      for (const workers of [0, WORKERS]) {
        const scenario = { job, seed: first, workers, faults, ticks }
        tally.add(scenario, await simulate(scenario))
        if (!onRun()) return
      }
    }
  }
  await randomFaults(first, first + count, tally, { onRun }, chosen)
}

async function listed(text: string): Promise<void> {
  const faults = parseFaults(text)
  if (!faults) throw new Error(`these are not faults: ${text}`)
  const random = scenarioOf(first, chosen)
  const scenario: Scenario = {
    ...random,
    faults: { listed: faults },
    ticks: Number(values.ticks ?? random.ticks),
    recordsMax: Number(values['records-max'] ?? RECORDS_ALL),
  }
  tally.add(scenario, await simulate(scenario))
}

async function least(finding: Finding): Promise<void> {
  const needed = await shrinkFinding(finding)
  if (!needed) return console.log('the same faults as a list do not come to it')
  const { faults, ticks, recordsMax } = needed
  console.log(
    [
      `${faults.length} faults are enough, in ${ticks} intervals:`,
      ...faults.map((each) => `  ${faultLine(each)}`),
    ].join('\n'),
  )
  const job = values.job === undefined ? '' : ` --job ${values.job}`
  console.log(
    `npm run simulate -- --seed ${finding.scenario.seed}${job} --ticks ${ticks} --records-max ` +
      `${recordsMax} --faults '${faultsText(faults)}'`,
  )
}

function progress(): boolean {
  if (tally.runs % 100 === 0 && !values.json)
    console.error(`${tally.runs} runs, ${tally.batches} batches, ${tally.findings.length} violations`)
  return tally.findings.length < (values.shrink ? 1 : 10)
}

function plainFinding({ scenario: { job, seed, workers, faults }, violation, lines }: Finding): Share['found'][number] {
  const tail = traced === null ? [] : lines.slice(-traced)
  return { ...violation, seed, faults, job: job.name, workers, ...(tail.length > 0 ? { tail } : {}) }
}

function summarise({ runs, batches, calls, happened, found }: Share): void {
  const spent = (performance.now() - started) / 1000
  for (const finding of found) console.log(described(finding))
  console.log(
    `${runs} runs, ${batches} batches, ${calls} port calls in ${spent.toFixed(1)} s: ` +
      `${Math.round(batches / spent)} batches/s`,
  )
  console.log(
    Object.entries(happened)
      .map(([shape, times]) => `${shape} ${times}`)
      .sort((a, b) => (a < b ? -1 : 1))
      .join(', '),
  )
  console.log(found.length === 0 ? 'no violation' : `${found.length} violations`)
  if (missing.length > 0) console.log(`these shapes never came up: ${missing.join(', ')}`)
}

function described({ job, seed, workers, faults, check, what, tail }: Share['found'][number]): string {
  const { call, fault } = (typeof faults === 'object' ? faults : {}) as { call?: number; fault?: string }
  const where = typeof faults === 'string' ? faults : call === undefined ? 'none' : `${fault} at call ${call}`
  return [
    `job ${job}, seed ${seed}, ${workers} workers, faults: ${where}: ${check}: ${what}`,
    ...((tail as string[] | undefined) ?? []),
  ].join('\n')
}
