import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { check } from './check.ts'
import type { InputFile } from './data.ts'
import { waitForQuiet } from './gate.ts'
import { orderOf, runOnce } from './interleave.ts'
import { disagreements, type Ratio, ratiosOf, type Result } from './results.ts'
import type { Size, Workload } from './workload.ts'
import { workloads } from './workloads/index.ts'

const USAGE = `npm run bench -- <workload>|all|gate|check [--against ceiling] [--rounds n] [--size small|full] [--variant name]... [--patience seconds]
npm run bench -- --list`

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    against: { type: 'string', default: 'ceiling' },
    rounds: { type: 'string' },
    size: { type: 'string', default: 'small' },
    variant: { type: 'string', multiple: true },
    patience: { type: 'string', default: '240' },
    list: { type: 'boolean', default: false },
  },
})
const size = given.size as Size
const rounds = Number(given.rounds ?? (size === 'small' ? 3 : 5))

/** What `gate` looks at: the work that the claims are about. */
const GATE = ['wordcount', 'sliding', 'empty']
const CHECKED = ['wordcount', 'grep', 'sliding', 'state']

async function main(): Promise<number> {
  if (given.list) return list()
  const [what] = positionals
  const chosen = chosenBy(what)
  if (!chosen || !['small', 'full'].includes(size) || !(rounds >= 1)) {
    say(USAGE)
    return 2
  }
  if (given.against !== 'ceiling') say(`Against "${given.against}": only the ceilings are here to compare with.`)
  if (what === 'gate') say('Spark is not compared here: this gate shows the distance to the ceilings alone.')
  const perWorkload = []
  for (const workload of chosen) perWorkload.push(await measure(workload))
  if (perWorkload.some((ratios) => ratios === null)) return 1
  return what === 'check'
    ? check(
        perWorkload.flatMap((ratios) => ratios ?? []),
        say,
      )
    : 0
}

function chosenBy(what: string | undefined): Workload[] | null {
  const named = (names: readonly string[]): Workload[] => workloads.filter((workload) => names.includes(workload.name))
  // What needs servers runs where it is asked for by name.
  if (what === 'all') return workloads.filter(({ close, fullOnly }) => !close && (size === 'full' || !fullOnly))
  if (what === 'gate') return named(GATE)
  if (what === 'check') return named(CHECKED)
  const found = what === undefined ? [] : named([what])
  return found.length > 0 ? found : null
}

function list(): number {
  for (const { name, about, variants } of workloads) say(`${name}: ${about}\n  ${Object.keys(variants).join(', ')}`)
  return 0
}

/** All rounds of one workload. `null`: its variants do not agree, so there is nothing to compare. */
async function measure(workload: Workload): Promise<ReturnType<typeof ratiosOf> | null> {
  say(`${workload.name}: making input`)
  const inputs = await workload.inputs(size)
  try {
    return await rounded(workload, inputs)
  } finally {
    await workload.close?.()
  }
}

async function rounded(workload: Workload, inputs: readonly InputFile[]): Promise<ReturnType<typeof ratiosOf> | null> {
  const variants = runnable(workload)
  const results: Result[] = []
  const begun = performance.now()
  for (let round = 1; round <= rounds; round++) {
    const gate = await waitForQuiet(Number(given.patience) * 1000)
    for (const variant of orderOf(variants, round)) {
      const { extra, ...measured } = await runOnce(workload.name, variant, size, inputs)
      const result = { workload: workload.name, variant, round, ...measured, gate, extra }
      results.push(result)
      tell(resultLine(result, inputs.map(({ sha256 }) => sha256).join(',')))
      progress(result, results.length, rounds * variants.length, begun)
    }
  }
  return judged(workload, results)
}

function runnable(workload: Workload): string[] {
  const names = Object.keys(workload.variants).filter(
    (name) => (given.variant?.includes(name) ?? true) && (size === 'full' || !workload.variants[name].fullOnly),
  )
  for (const name of names)
    if (workload.variants[name].skip) say(`${workload.name} ${name}: skipped. ${workload.variants[name].skip}`)
  return names.filter((name) => !workload.variants[name].skip)
}

function judged(workload: Workload, results: readonly Result[]): ReturnType<typeof ratiosOf> | null {
  const wrong = disagreements(workload, results)
  for (const each of wrong) say(`Checksums differ: ${each}`)
  if (wrong.length > 0) return null
  const ratios = ratiosOf(workload, results)
  for (const { goal: _goal, perRound: _perRound, ...ratio } of ratios) tell(ratio satisfies Ratio)
  table(ratios, results)
  return ratios
}

const resultLine = ({ extra, workload, variant, round, records, ...measured }: Result, input: string): object => ({
  workload,
  variant,
  round,
  records,
  ...measured,
  input_sha256: input,
  node: process.versions.node,
  commit,
  ...extra,
})

function table(ratios: ReturnType<typeof ratiosOf>, results: readonly Result[]): void {
  if (results.some(({ gate }) => gate === 'busy')) say('Some rounds ran on a busy machine: they prove nothing.')
  for (const { ratio, metric, median, worst, best, goal } of ratios) {
    say(
      `  ${ratio.padEnd(48)} ${metric.padEnd(18)} median ${median.toFixed(2)}  worst ${worst.toFixed(2)}  ` +
        'best ' +
        `${best.toFixed(2)}${goal === undefined ? '' : `  goal ${goal.toFixed(2)} ${worst >= goal ? 'met' : 'missed'}`}`,
    )
  }
}

function progress(
  { workload, variant, round, records, cpu_s, p50_batch_ms, gate }: Result,
  done: number,
  all: number,
  begun: number,
): void {
  const left = ((performance.now() - begun) / done / 1000) * (all - done)
  const rate = records === 0 ? '' : `${(records / cpu_s / 1e6).toFixed(3)} M records per core-second, `
  say(
    `  ${workload} ${variant}, round ${round}${gate === 'busy' ? ' (busy)' : ''}: ` +
      `${rate}${p50_batch_ms.toFixed(3)} ms per batch; ${left.toFixed(0)} s left`,
  )
}

const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

const resultsFile = join(import.meta.dirname, 'results', `${new Date().toISOString().slice(0, 10)}.ndjson`)

function tell(line: object): void {
  const text = `${JSON.stringify(line)}\n`
  process.stdout.write(text)
  mkdirSync(join(resultsFile, '..'), { recursive: true })
  appendFileSync(resultsFile, text)
}

/** The commit that was measured; a plus sign where files differ from it. */
const commit = commitOf()

function commitOf(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, {
        cwd: import.meta.dirname,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim()
    return (
      git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+')
    )
  } catch {
    return 'unknown'
  }
}

process.exitCode = await main()
