import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RatioRow, Result } from './results.ts'
import type { Workload } from './workload.ts'

/** All rounds of a workload. */
export interface Measurement {
  readonly workload: Workload
  readonly results: readonly Result[]
  readonly ratios: readonly RatioRow[]
}

/** What the claims are about: variants of workloads that run against other engines. */
export const GATE: Readonly<Record<string, readonly string[]>> = {
  wordcount: ['sluice-closures', 'sluice-2workers', 'spark', 'sluice-10m', 'spark-10m', 'bytewax', 'pathway'],
  grep: ['sluice-closures', 'spark'],
  ysb: ['sluice-json-parse', 'sluice-fields', 'spark'],
  sliding: ['sluice-inverse', 'spark-inverse', 'sluice-panes', 'spark-panes'],
  state: ['sluice-map-memory', 'sluice-map-directory', 'spark-map', 'sluice-update-memory', 'spark-update'],
  empty: ['2-stage-2-tasks-memory', '2-stage-2-tasks-directory', 'spark'],
  first: ['sluice', 'spark'],
}

const page = join(import.meta.dirname, '..', 'docs', 'performance.md')

/** Puts a table of each workload into the page, between marks that carry its name. Answers the names. */
export function writeTables(measured: readonly Measurement[], commit: string): string[] {
  const shown = measured.filter(({ workload }) => workload.columns || workload.name in GATE)
  let text = readFileSync(page, 'utf8')
  for (const each of shown) {
    const lines = each.workload.columns ? ownTable(each, each.workload.columns) : ratioTable(each)
    text = between(text, each.workload.name, [dateline(each, commit), '', ...lines])
  }
  writeFileSync(page, text)
  return shown.map(({ workload }) => workload.name)
}

function between(text: string, name: string, lines: readonly string[]): string {
  const [from, to] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const [begin, end] = [text.indexOf(from), text.indexOf(to)]
  if (begin < 0 || end < begin) throw new Error(`docs/performance.md has no place for it: ${from} and ${to}`)
  return `${text.slice(0, begin + from.length)}\n\n${lines.join('\n')}\n\n${text.slice(end)}`
}

function dateline({ workload, results }: Measurement, commit: string): string {
  if (workload.untimed) return `${new Date().toISOString().slice(0, 10)}, commit ${commit}.`
  const rounds = results.reduce((most, { round }) => Math.max(most, round), 0)
  const busy = results.some(({ gate }) => gate === 'busy')
  return (
    `${new Date().toISOString().slice(0, 10)}, commit ${commit}, Node ${process.versions.node}, rounds: ${rounds}` +
    `${busy ? '; **busy**: other work ran on the machine.' : '; the machine was quiet.'}`
  )
}

function ratioTable({ workload, results, ratios }: Measurement): string[] {
  const rows = ratios.map(({ ratio, metric, median, worst, goal }) => {
    const [of, to] = ratio.split('/')
    const figure = metric === 'records_per_cpu_s' ? rateOf : millisecondsOf
    const [ours, theirs] = [figure(results, of), figure(results, to)]
    const peaks = `${peakOf(results, of)}, ${peakOf(results, to)}`
    return [`\`${of}\` / \`${to}\``, ours, theirs, median.toFixed(1), worst.toFixed(1), String(goal ?? ''), peaks]
  })
  return tableOf([workload.name, 'first', 'second', 'median', 'worst', 'goal', 'peak MB'], rows)
}

function ownTable({ workload, results }: Measurement, columns: NonNullable<Workload['columns']>): string[] {
  const variants = Object.keys(workload.variants).filter((name) => results.some(({ variant }) => variant === name))
  const rows = variants.map((name) => [
    name,
    ...Object.values(columns).map((read) => medianOf(results, name, (result) => read(result))),
  ])
  return tableOf([workload.name, ...Object.keys(columns)], rows)
}

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)

const rateOf = (results: readonly Result[], variant: string): string =>
  `${medianOf(results, variant, ({ records, cpu_s }) => records / cpu_s / 1e6)} M/core-s`

const millisecondsOf = (results: readonly Result[], variant: string): string =>
  `${medianOf(results, variant, ({ p50_batch_ms }) => p50_batch_ms)} ms`

const peakOf = (results: readonly Result[], variant: string): string =>
  medianOf(results, variant, ({ peak_rss_mb, extra }) => Math.round(Number(extra.first_rss_mb ?? peak_rss_mb)))

function medianOf(results: readonly Result[], variant: string, read: (result: Result) => number): string {
  const values = results.filter((result) => result.variant === variant).map(read)
  const middle = values.toSorted((a, b) => a - b)[values.length >> 1]
  if (Number.isNaN(middle)) return ''
  return middle >= 100 || Number.isInteger(middle) ? String(Math.round(middle)) : middle.toPrecision(3)
}
