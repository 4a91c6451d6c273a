import { existsSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { installEngine } from '../api/dstream/engine.ts'
import { useOwnPackage } from '../hosts/embedded/own-package.ts'
import '../hosts/embedded/install.ts'
import { type ListedFault, parseFaults } from '../simulator/fault-list.ts'
import { type ProgramCampaign, type ProgramReport, simulateProgram } from '../simulator/program/simulate-program.ts'
import { readArguments, type Values } from './arguments.ts'
import { packageVersion } from './package-root.ts'
import { programFile } from './run.ts'
import { SimulateReporter } from './simulate-reporter.ts'
import { inShares, SEEDS_PER_PROCESS } from './simulate-shares.ts'
import { startsItself } from './starts-itself.ts'
import { usageError } from './usage.ts'

export const simulateFlags = {
  seeds: { kind: 'number', min: 1, max: 1_000_000_000 },
  seed: { kind: 'number', min: 0, max: 1_000_000_000 },
  batches: { kind: 'number', min: 1, max: 10_000 },
  records: { kind: 'text' },
  'records-max': { kind: 'number', min: 1, max: 1_000_000 },
  faults: { kind: 'text' },
  json: { kind: 'switch' },
} as const

const SEEDS = 100

/**
 * Runs a program under random faults on a virtual clock; exit code 1 when a run comes to something else than it does
 * without them.
 */
export async function simulate(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments('simulate', args, simulateFlags)
  const file = programFile('simulate', words[0])
  const faults = values.faults === null ? null : listOf(values.faults)
  const seed = values.seed ?? 1
  const seeds = faults ? 1 : (values.seeds ?? (values.seed === null ? SEEDS : 1))
  const records = values.records === null ? [] : ['--records', values.records]
  const reporter = new SimulateReporter({
    json: values.json,
    file: words[0],
    records,
    args: words.slice(1),
    version: packageVersion(),
  })
  if (seeds > SEEDS_PER_PROCESS) reporter.ready(words[0], seed, seeds)
  const report =
    seeds > SEEDS_PER_PROCESS
      ? await inShares(
          seed,
          seeds,
          [...numbersOf(values), ...records, ...words.slice(0, 1), '--', ...words.slice(1)],
          (totals) => reporter.progress(totals, seeds),
        )
      : await here(
          file,
          words,
          {
            files: recordFiles(values.records),
            seed,
            seeds,
            ticks: values.batches,
            recordsMax: values['records-max'],
            faults,
          },
          reporter,
        )
  if (typeof report === 'number') return report
  reporter.end(report)
  return report.finding ? 1 : 0
}

async function here(
  file: string,
  words: readonly string[],
  campaign: Omit<ProgramCampaign, 'url'>,
  reporter: SimulateReporter,
): Promise<ProgramReport> {
  process.argv = [process.execPath, file, ...words.slice(1)]
  useOwnPackage()
  installEngine(startsItself('simulated'), { defaultDirectory: () => null, read: async () => null })
  const showAgain = silence(process.stdout)
  try {
    const { seed, seeds } = campaign
    return await simulateProgram({
      ...campaign,
      url: pathToFileURL(file).href,
      onLoaded: (app) => reporter.ready(app, seed, seeds),
      onRun: (totals) => reporter.progress(totals, seeds),
    })
  } finally {
    showAgain()
  }
}

/**
 * What the program prints it prints the same hundreds of times: from here on it is not shown, until the function that
 * is returned is called.
 */
function silence(stream: NodeJS.WriteStream): () => void {
  const { write } = stream
  stream.write = () => true
  return () => {
    stream.write = write
  }
}

const numbersOf = (values: Values<typeof simulateFlags>): string[] =>
  (['batches', 'records-max'] as const).flatMap((name) =>
    values[name] === null ? [] : [`--${name}`, String(values[name])],
  )

/** `file` for the only source, `source=file` for one of several, joined by commas. */
function recordFiles(text: string | null): Map<string, readonly string[]> {
  const files = new Map<string, readonly string[]>()
  for (const part of text?.split(',') ?? []) {
    const at = part.indexOf('=')
    const path = part.slice(at + 1)
    if (!existsSync(path))
      throw usageError(`There is no file ${path} with records.`, 'sluice simulate app.ts --records clicks=clicks.jsonl')
    files.set(
      at < 0 ? '' : part.slice(0, at),
      readFileSync(path, 'utf8')
        .split(/\r?\n/)
        .filter((line) => line !== ''),
    )
  }
  return files
}

function listOf(text: string): readonly ListedFault[] {
  const faults = parseFaults(text)
  if (!faults)
    throw usageError(
      '--faults is not a list that sluice simulate has printed.',
      'sluice simulate app.ts --seed 17 without --faults',
    )
  return faults
}
