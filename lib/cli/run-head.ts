import { relative } from 'node:path'
import type { AppStarting } from '../model/events.ts'
import { count, duration, span } from './units.ts'

interface HeadFacts {
  readonly version: string
  readonly committed: number
  readonly startupMs: number
  readonly names: ReadonlyMap<string, string>
}

/** What a run says before its first batch. */
export function headLines(
  { app, sources, outputs, dir, continues, intervalMs, services = [] }: AppStarting,
  { version, committed, startupMs, names }: HeadFacts,
): string[] {
  const title = `  sluice ${version}  ${app}`
  const rows = (label: string, entries: readonly string[]): string[] =>
    entries.map((entry, i) => `  ${(i === 0 ? label : '').padEnd(11)}${entry}`)
  return [
    `${title.padEnd(43)}  ready in ${duration(startupMs)}`,
    '',
    ...rows('Source', table(sources.map((source) => [source.name, reads(source)]))),
    ...rows(
      'Outputs',
      table(outputs.map(({ name, address, place }) => [names.get(name) ?? name, address ?? '', place])),
    ),
    ...rows('State', [services.length > 0 ? GONE_WITH_SERVICES : stateLine(dir, continues, committed)]),
    ...rows('Batches', [`every ${span(intervalMs)}`]),
    ...rows('On AWS', table(services.map(({ name, address, holds }) => [name, address, holds]))),
  ]
}

/** What it is, and where. */
const reads = ({ kind, address }: AppStarting['sources'][number]): string =>
  address === null ? kind : `${kind}, ${address}`

/** In columns; one that nobody fills is left out. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => rows.reduce((most, row) => Math.max(most, row[i].length), 0))
  const least = (i: number): number => (i === 0 ? 12 : 0)
  return rows.map((row) =>
    row
      .map((cell, i) => (widths[i] === 0 ? '' : cell.padEnd(Math.max(least(i), widths[i] + 2))))
      .join('')
      .trimEnd(),
  )
}

const GONE_WITH_SERVICES = 'in what stands in for AWS: gone when this ends'

function stateLine(dir: string | null, continues: boolean, committed: number): string {
  if (dir === null) return 'in memory: gone when this process ends; --dir keeps it'
  const place = `${shownDirectory(dir)}  `.padEnd(12)
  if (!continues) return `${place}begins anew each time; StreamingContext.getOrCreate or --dir goes on`
  const goesOn = committed > 0 ? `goes on after batch #${count(committed)}` : 'kept between runs'
  return `${place}${goesOn}; --fresh to start over`
}

/** Short where it lies below the current directory. */
export const shownDirectory = (dir: string): string => {
  const path = relative('', dir)
  return `${path === '' ? '.' : path.startsWith('..') ? dir : path}/`
}
