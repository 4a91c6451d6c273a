import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { check } from './check.ts'
import type { InputFile } from './data.ts'
import { waitForQuiet } from './gate.ts'
import { orderOf, runOnce } from './interleave.ts'
import { GATE, writeTables, type Measurement } from './page.ts'
import { rivals } from './rivals.ts'
import { disagreements, type Ratio, ratiosOf, type Result } from './results.ts'
import type { Rival, Size, Variant, Workload } from './workload.ts'
import { workloads } from './workloads/index.ts'

const USAGE = `npm run bench -- <workload>|all|gate|check [--against spark,bytewax,pathway] [--rounds n] [--size small|full] [--variant name]... [--patience seconds] [--write]
npm run bench -- --list`

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    against: { type: 'string' },
    rounds: { type: 'string' },
    size: { type: 'string', default: 'small' },
    variant: { type: 'string', multiple: true },
    patience: { type: 'string', default: '240' },
    list: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const size = given.size as Size
const against = given.against?.split(',') ?? (positionals[0] === 'gate' ? Object.keys(rivals) : [])
const rounds = Number(given.rounds ?? (size === 'full' ? 5 : positionals[0] === 'gate' ? 2 : 3))

const CHECKED = ['wordcount', 'grep', 'sliding', 'state']

async function main(): Promise<number> {
  if (given.list) return list()
  const [what] = positionals
  const chosen = chosenBy(what)
  if (!chosen || !['small', 'full'].includes(size) || !(rounds >= 1)) {
    say(USAGE)
    return 2
  }
  const unknown = against.find((name) => !(name in rivals))
  if (unknown !== undefined) {
    say(`--against ${unknown}: there are ${Object.keys(rivals).join(', ')}`)
    return 2
  }
  const present = arrived()
  const perWorkload = []
  const measured: Measurement[] = []
  for (const workload of chosen) {
    const measurement = await measure(workload, present)
    perWorkload.push(measurement?.ratios ?? null)
    if (measurement) measured.push(measurement)
  }
  if (perWorkload.some((ratios) => ratios === null)) return 1
  if (given.write) for (const name of writeTables(measured, commit)) say(`docs/performance.md: table ${name}`)
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
  if (what === 'all')
    return workloads.filter(({ close, untimed, fullOnly }) => !close && !untimed && (size === 'full' || !fullOnly))
  if (what === 'gate') return named(Object.keys(GATE))
  if (what === 'check') return named(CHECKED)
  const found = what === undefined ? [] : named([what])
  return found.length > 0 ? found : null
}

function list(): number {
  for (const { name, about, variants } of workloads) say(`${name}: ${about}\n  ${Object.keys(variants).join(', ')}`)
  return 0
}

/** Engines of others that are compared with: those that can run here, fetched and built. */
function arrived(): ReadonlySet<Rival> {
  const here = new Set<Rival>()
  for (const name of against as Rival[]) {
    const missing = rivals[name].missing()
    if (missing) say(`${name}: skipped. ${missing}`)
    else {
      rivals[name].prepare()
      here.add(name)
    }
  }
  return here
}

/** All rounds of one workload. `null`: its variants do not agree, so there is nothing to compare. */
async function measure(workload: Workload, present: ReadonlySet<Rival>): Promise<Measurement | null> {
  say(`${workload.name}: making input`)
  const inputs = await workload.inputs(size)
  try {
    return await rounded(workload, inputs, runnable(workload, present))
  } finally {
    await workload.close?.()
  }
}

async function rounded(
  workload: Workload,
  inputs: readonly InputFile[],
  variants: readonly string[],
): Promise<Measurement | null> {
  const results: Result[] = []
  const begun = performance.now()
  for (let round = 1; round <= rounds; round++) {
    const gate = workload.untimed ? 'quiet' : await waitForQuiet(Number(given.patience) * 1000)
    for (const variant of orderOf(variants, round)) {
      if (round > 1 && workload.variants[variant].once) continue
      const { extra, ...measured } = await runOnce(
        workload.name,
        variant,
        size,
        inputs,
        nodeArgsOf(workload.variants[variant]),
      )
      const result = { workload: workload.name, variant, round, ...measured, gate, extra }
      results.push(result)
      tell(resultLine(result, inputs.map(({ sha256 }) => sha256).join(',')))
      progress(result, results.length, rounds * variants.length, begun)
    }
  }
  return judged(workload, results)
}

function runnable({ name: workload, variants }: Workload, present: ReadonlySet<Rival>): string[] {
  const asked = given.variant ?? (positionals[0] === 'gate' ? GATE[workload] : undefined)
  return Object.keys(variants).filter((name) => {
    const { rival, fullOnly } = variants[name]
    return (asked?.includes(name) ?? true) && (rival ? present.has(rival) : size === 'full' || !fullOnly)
  })
}

const nodeArgsOf = ({ heapMb }: Variant): string[] => (heapMb ? [`--max-old-space-size=${heapMb}`] : [])

function judged(workload: Workload, results: readonly Result[]): Measurement | null {
  const wrong = disagreements(workload, results)
  for (const each of wrong) say(`Checksums differ: ${each}`)
  if (wrong.length > 0) return null
  const ratios = ratiosOf(workload, results)
  for (const { goal: _goal, perRound: _perRound, ...ratio } of ratios) tell(ratio satisfies Ratio)
  table(ratios, results)
  return { workload, results, ratios }
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
