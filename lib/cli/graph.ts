import '../hosts/embedded/install.ts'
import { loadGraph } from '../hosts/embedded/load-graph.ts'
import { visibleLine } from '../model/visible.ts'
import { readArguments } from './arguments.ts'
import { graphRows, type GraphRow } from './graph-rows.ts'
import { programFile } from './run.ts'
import { table } from './table.ts'
import { counted, span } from './units.ts'
import { usageError } from './usage.ts'

/** Shows the graph of a program, built as a run would build it; no batch runs and nothing is opened. */
export async function graph(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments('graph', args, { mermaid: { kind: 'switch' }, json: { kind: 'switch' } })
  if (values.mermaid && values.json) throw usageError('graph gives Mermaid or JSON, not both.', 'sluice graph --help')
  const file = programFile('graph', words[0])
  const context = await loadGraph(file, words.slice(1))
  const rows = graphRows(context.graph)
  const app = context.sparkContext.appName
  const intervalMs = context.batchDuration.milliseconds
  process.stdout.write(
    values.json
      ? rows.map((row) => `${JSON.stringify({ type: 'operator', app, intervalMs, ...row })}\n`).join('')
      : values.mermaid
        ? mermaid(rows)
        : text(`${app}  every ${span(intervalMs)}`, rows),
  )
  return 0
}

/** One line per operator, and below it what is worth knowing. */
function text(title: string, rows: readonly GraphRow[]): string {
  const heads = table([
    ['   #', 'operator', 'after', 'where'],
    ...rows.map(({ id, kind, of, place }) => [`  ${String(id).padStart(2)}`, kind, of.join(', '), place]),
  ])
  const lines = rows.flatMap((row, i) => [heads[i + 1], ...aboutOperator(row).map((words) => `         ${words}`)])
  return [title, heads[0], ...lines].map((line) => `${visibleLine(line)}\n`).join('')
}

const aboutOperator = ({ uid, partitions, reads, keeps, shows, leadsNowhere }: GraphRow): string[] => [
  ...(uid === null ? [] : [`uid    ${uid}`]),
  ...(partitions === null ? [] : [`keys   in ${counted(partitions, 'partition')}`]),
  ...(reads === null ? [] : [`reads  ${reads}`]),
  ...keeps.map((what) => `keeps  ${what}`),
  ...(shows === null ? [] : [`shows  ${shows}`]),
  ...(leadsNowhere ? ['leads to no output: not computed'] : []),
]

/** A flow chart: sources round, what keeps something as a drum, outputs slanted. */
function mermaid(rows: readonly GraphRow[]): string {
  const nodes = rows.map((row) => {
    const [open, close] = row.shows !== null ? ['[/', '/]'] : row.reads !== null ? ['([', '])'] : drum(row)
    const lines = [row.kind, ...aboutOperator(row)].map((words) => escaped(words.replace(/ {2,}/, ' ')))
    return `  n${row.id}${open}"${lines.join('<br/>')}"${close}`
  })
  const edges = rows.flatMap(({ id, of }) => of.map((parent) => `  n${parent} --> n${id}`))
  return ['flowchart TD', ...nodes, ...edges, ''].join('\n')
}

const drum = ({ keeps }: GraphRow): [string, string] => (keeps.length > 0 ? ['[(', ')]'] : ['[', ']'])

/** Inside quotes everything stands for itself but these. */
const escaped = (words: string): string =>
  visibleLine(words).replaceAll('#', '#35;').replaceAll('"', '#quot;').replaceAll('<', '#lt;').replaceAll('>', '#gt;')
