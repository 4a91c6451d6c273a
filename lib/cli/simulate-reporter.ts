import { placeIn } from '../model/place.ts'
import { faultLine, faultsText } from '../simulator/fault-list.ts'
import { plainPlace } from '../simulator/program/program-lives.ts'
import type { OutputReport, ProgramFinding, ProgramReport, Totals } from '../simulator/program/simulate-program.ts'
import { RECORDS_ALL } from '../simulator/shrink.ts'
import type { SimulateAnswer } from './simulate-shares.ts'
import { paint } from './terminal.ts'
import { count, counted, duration } from './units.ts'

interface SimulateReporterOptions {
  readonly json: boolean
  /** What the command line named, for the one that repeats a finding. */
  readonly file: string
  readonly records: readonly string[]
  readonly args: readonly string[]
  readonly version: string
}

/** How often a run says how far it is where nothing can be rewritten. */
const PROGRESS_MS = 10_000

/** What `sluice simulate` says: progress on stderr, the answer on stdout. */
export class SimulateReporter {
  readonly #options: SimulateReporterOptions
  readonly #paint = paint(process.stdout)
  readonly #started = performance.now()
  #said = performance.now()

  constructor(options: SimulateReporterOptions) {
    this.#options = options
  }

  ready(app: string, seed: number, seeds: number): void {
    const which = seeds === 1 ? `seed ${seed}` : `seeds ${count(seed)} to ${count(seed + seeds - 1)}`
    process.stderr.write(`  sluice ${this.#options.version}  ${app}, simulated with ${which}\n\n`)
  }

  progress({ runs, batches }: Totals, seeds: number): void {
    const now = performance.now()
    if (now - this.#said < PROGRESS_MS || runs === seeds) return
    this.#said = now
    process.stderr.write(`  ${count(runs)} of ${count(seeds)} runs, ${count(batches)} batches, nothing found so far\n`)
  }

  end(report: ProgramReport): void {
    const spentMs = performance.now() - this.#started
    process.stdout.write(
      this.#options.json ? `${JSON.stringify(this.#plain(report, spentMs))}\n` : this.#text(report, spentMs),
    )
  }

  #plain({ app, totals, outputs, finding }: ProgramReport, spentMs: number): SimulateAnswer {
    const { runs, batches, faults, shapes } = totals
    const found = finding && { ...finding, lines: finding.needed.faults.map(faultLine), again: this.#again(finding) }
    return {
      type: 'result',
      app,
      runs,
      batches,
      faults,
      batchesPerSecond: Math.round((batches / spentMs) * 1000),
      shapes: Object.fromEntries(shapes),
      outputs,
      finding: found,
    }
  }

  #text({ totals, outputs, finding }: ProgramReport, spentMs: number): string {
    const { runs, batches, faults, shapes } = totals
    const lines = [
      `  ${counted(runs, 'run')}, ${counted(batches, 'batch', 'batches')}, ${counted(faults, 'fault')} in ` +
        `${duration(spentMs)}: ${count(Math.round((batches / spentMs) * 1000))} batches/s`,
    ]
    if (finding) return `${[...lines, '', ...this.#finding(finding, outputs)].join('\n')}\n`
    const width = Math.max(...outputs.map(({ output }) => output.length))
    lines.push(
      '',
      ...outputs.map(
        (output, i) => `  ${i === 0 ? 'Outputs' : '       '}  ${output.output.padEnd(width)}  ${outputText(output)}`,
      ),
    )
    const met = [...shapes]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .filter(([shape]) => shape !== 'batch')
      .map(([shape, times]) => `${shape} ${count(times)}`)
    lines.push('', ...wrapped(met, '  Met      '), '', '✓ every run came to what it comes to without faults')
    for (const { output, place } of outputs.filter(({ unsafe }) => unsafe))
      lines.push(`${this.#paint.warn('!')} ${output} is not safe to repeat, and may be given a batch again: ${place}`)
    return `${lines.join('\n')}\n`
  }

  #finding(finding: ProgramFinding, outputs: readonly OutputReport[]): string[] {
    const { seed, violations, needed, found, asked } = finding
    const [first, ...others] = violations
    const lines = [`${this.#paint.bad(`✕ ${first.check}`)}  ${first.what.split('\n')[0]}`]
    const output = outputs.find((each) => first.what.includes(`"${each.output}"`))
    const where = output ? `${output.output} · ${output.place}` : placeIn(first.what)
    if (where !== null) lines.push(`  where  ${plainPlace(where)}`)
    others.slice(0, 4).forEach(({ what }) => lines.push(`  also   ${what.split('\n')[0]}`))
    if (others.length > 4) lines.push(`         and ${others.length - 4} more`)
    lines.push(
      `  seed   ${seed}, with ${needed.faults.length} of ${counted(found.faults.length, 'fault')} and ` +
        `records in ${needed.ticks} of ${counted(found.ticks, 'interval')}`,
    )
    if (needed.faults.length === 0)
      lines.push(`  faults none${DIFFERENCES.includes(first.check) ? `: ${whyWithout(asked)}` : ''}`)
    needed.faults.forEach((fault, i) => lines.push(`  ${i === 0 ? 'faults ' : '       '}${faultLine(fault)}`))
    asked.forEach((each, i) => lines.push(`  ${i === 0 ? 'asks   ' : '       '}${each}: a repeat gets another answer`))
    return [...lines, `  again  ${this.#again(finding)}`]
  }

  #again({ seed, needed: { faults, ticks, recordsMax } }: ProgramFinding): string {
    const { file, records, args } = this.#options
    const most = recordsMax === RECORDS_ALL ? [] : ['--records-max', String(recordsMax)]
    const words = [
      file,
      ...records,
      '--seed',
      String(seed),
      '--batches',
      String(ticks),
      ...most,
      '--faults',
      faultsText(faults),
      ...(args.length > 0 ? ['--', ...args] : []),
    ]
    return `sluice simulate ${words.map(quoted).join(' ')}`
  }
}

/** The checks that compare with a run without faults. */
const DIFFERENCES = ['content', 'state', 'shown']
const whyWithout = (asked: readonly string[]): string =>
  asked.length > 0
    ? 'two runs without any differ'
    : 'what modules keep in variables, or the order of rows, differs from process to process'

/** As a shell takes it for one word. */
const quoted = (word: string): string => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

function outputText({ guarantee, given, again, unsafe, ran, looked }: OutputReport): string {
  const repeats = again === 0 ? 'never again' : `${count(again)} times again, with the same key and content`
  const what = !ran ? 'a stand-in took it' : looked ? 'what it shows was compared' : 'what it shows was not looked at'
  return (
    `${guarantee}, given ${counted(given, 'time')}, ${repeats}; ` +
    `${unsafe ? 'not safe to repeat: what it shows then differs' : what}`
  )
}

/** Items with commas, in lines of at most 120 characters. */
function wrapped(items: readonly string[], first: string): string[] {
  const lines: string[] = []
  let line = first
  for (const [i, item] of items.entries()) {
    const text = i < items.length - 1 ? `${item}, ` : item
    if (line.length + text.length > 120) {
      lines.push(line.trimEnd())
      line = ' '.repeat(first.length)
    }
    line += text
  }
  return [...lines, line]
}
