import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundled, functions as deployed, handlers, ownBytes } from '../../infra/function-bundle.ts'
import type { Result } from '../results.ts'
import type { Outcome, Variant, Workload } from '../workload.ts'

/** Within the package: the clients of services are not bundled, and a function that loads one would find it. */
const CACHE = join(import.meta.dirname, '..', '..', '.cache', 'bench')
const STARTS = 9

/** What a process says of itself once it has imported a module, or nothing. */
interface Started {
  readonly cpuMs: number
  readonly rssMb: number
}

const SAYS = `
  const { user, system } = process.cpuUsage()
  console.log(JSON.stringify({ cpuMs: (user + system) / 1000, rssMb: process.memoryUsage.rss() / 2 ** 20 }))`

/** Medians of some starts. */
function started(module: string | null): Started {
  const imports = module === null ? '' : `await import(${JSON.stringify(module)})`
  const all = Array.from({ length: STARTS }, () =>
    JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', imports + SAYS], { encoding: 'utf8' })),
  ) as Started[]
  const median = (of: (each: Started) => number): number => all.map(of).toSorted((a, b) => a - b)[STARTS >> 1]
  return { cpuMs: median(({ cpuMs }) => cpuMs), rssMb: median(({ rssMb }) => rssMb) }
}

async function run(name: keyof typeof deployed, entry: string): Promise<Outcome> {
  mkdirSync(CACHE, { recursive: true })
  const folder = mkdtempSync(join(CACHE, 'functions-'))
  try {
    const bytes = ownBytes(await bundled(name, entry, folder), entry)
    const file = join(folder, `${name}.mjs`)
    renameSync(join(folder, `${name}.js`), file)
    const [node, own] = [started(null), started(file)]
    const extra = {
      start_bytes: bytes.atStart,
      start_files: bytes.filesAtStart,
      all_bytes: bytes.inAll,
      import_cpu_ms: own.cpuMs - node.cpuMs,
      rss_mb: own.rssMb,
      node_rss_mb: node.rssMb,
    }
    return { records: 0, checksum: entry, extra }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const names = Object.keys(deployed) as (keyof typeof deployed)[]

const rowOf = (row: string, name: keyof typeof deployed, entry: string): [string, Variant] => [
  row,
  { group: row, run: () => run(name, entry) },
]

/** Each without a program; those that have one also with the word count. */
const variants = Object.fromEntries([
  ...names.map((name) => rowOf(name, name, handlers[name])),
  ...names
    .filter((name) => handlers[name] !== deployed[name])
    .map((name) => rowOf(`${name}-words`, name, deployed[name])),
])

const figure =
  (name: string) =>
  ({ extra }: Result): number =>
    Number(extra[name])

export const functions: Workload = {
  name: 'functions',
  about: 'how large functions on AWS are, and what it takes to import them, before the first client of a service',
  inputs: async () => [],
  variants,
  ratios: [],
  columns: {
    'kB at the start': ({ extra }) => Number(extra['start_bytes']) / 1000,
    files: figure('start_files'),
    'kB in all': ({ extra }) => Number(extra['all_bytes']) / 1000,
    'import above Node, ms of CPU': figure('import_cpu_ms'),
    'MB resident': figure('rss_mb'),
    'of which Node': figure('node_rss_mb'),
  },
}
