import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ownModule } from '../model/library.ts'
import type { OutputReport, ProgramFinding, ProgramReport, Totals } from '../simulator/program/simulate-program.ts'

/** What `sluice simulate --json` prints. */
export interface SimulateAnswer {
  readonly type: 'result'
  readonly app: string
  readonly runs: number
  readonly batches: number
  readonly faults: number
  readonly batchesPerSecond: number
  readonly shapes: Readonly<Record<string, number>>
  readonly outputs: readonly OutputReport[]
  readonly finding: (ProgramFinding & { readonly lines: readonly string[]; readonly again: string }) | null
}

/**
 * A module that was loaded is never freed, and each run loads the program a few times: after so many runs a new process
 * goes on.
 */
export const SEEDS_PER_PROCESS = 100

/**
 * Runs seeds in shares, one process after the other, up to the first that finds something; the exit code of a process
 * that has said why there is no answer.
 */
export async function inShares(
  seed: number,
  seeds: number,
  args: readonly string[],
  onShare: (totals: Totals) => void,
): Promise<ProgramReport | number> {
  let sum: ProgramReport | null = null
  let from = seed
  do {
    const answer = await share([
      '--seed',
      String(from),
      '--seeds',
      String(Math.min(SEEDS_PER_PROCESS, seed + seeds - from)),
      '--json',
      ...args,
    ])
    if (typeof answer === 'number') return answer
    sum = sum ? together(sum, reportOf(answer)) : reportOf(answer)
    onShare(sum.totals)
    from += SEEDS_PER_PROCESS
  } while (!sum.finding && from < seed + seeds)
  return sum
}

function share(args: readonly string[]): Promise<SimulateAnswer | number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, BIN, 'simulate', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [out, errors] = ['', '']
    child.stdout.on('data', (bytes: Buffer) => {
      out += bytes.toString()
    })
    child.stderr.on('data', (bytes: Buffer) => {
      errors += bytes.toString()
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (out !== '') return resolve(JSON.parse(out) as SimulateAnswer)
      process.stderr.write(errors)
      resolve(code ?? 1)
    })
  })
}

const BIN = fileURLToPath(ownModule('cli/bin'))

const reportOf = ({ app, runs, batches, faults, shapes, outputs, finding }: SimulateAnswer): ProgramReport => ({
  app,
  totals: { runs, batches, faults, shapes: new Map(Object.entries(shapes)) },
  outputs,
  finding,
})

function together(one: ProgramReport, other: ProgramReport): ProgramReport {
  const shapes = new Map(one.totals.shapes)
  for (const [shape, times] of other.totals.shapes) shapes.set(shape, (shapes.get(shape) ?? 0) + times)
  const totals: Totals = {
    runs: one.totals.runs + other.totals.runs,
    batches: one.totals.batches + other.totals.batches,
    faults: one.totals.faults + other.totals.faults,
    shapes,
  }
  const outputs = one.outputs.map((output, i) => {
    const { given, again, unsafe } = other.outputs[i]
    return { ...output, given: output.given + given, again: output.again + again, unsafe: output.unsafe || unsafe }
  })
  return { app: one.app, totals, outputs, finding: other.finding }
}
