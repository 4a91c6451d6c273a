import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What one process of a spread campaign prints with `--json`. */
export interface Share {
  readonly runs: number
  readonly batches: number
  readonly calls: number
  readonly happened: Readonly<Record<string, number>>
  readonly found: readonly Readonly<Record<string, unknown>>[]
}

/**
 * Seeds `from` to `to`, exclusive, in contiguous shares over processes of their own: what a seed does depends on
 * nothing else, so neither does the sum.
 */
export async function spread(processes: number, from: number, to: number, args: readonly string[]): Promise<Share> {
  const bound = (i: number): number => from + Math.floor((i * (to - from)) / processes)
  const shares = await Promise.all(
    Array.from({ length: processes }, (_, i) => shareOf(bound(i), bound(i + 1) - bound(i), args)),
  )
  return shares.reduce(together)
}

function together(one: Share, other: Share): Share {
  const happened: Record<string, number> = { ...one.happened }
  for (const [shape, count] of Object.entries(other.happened)) happened[shape] = (happened[shape] ?? 0) + count
  return {
    runs: one.runs + other.runs,
    batches: one.batches + other.batches,
    calls: one.calls + other.calls,
    happened,
    found: [...one.found, ...other.found],
  }
}

function shareOf(seed: number, seeds: number, args: readonly string[]): Promise<Share> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, '--json', '--seed', String(seed), '--seeds', String(seeds), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.on('data', (bytes: Buffer) => {
      out += bytes.toString()
    })
    child.on('error', reject)
    child.on('close', () =>
      out.startsWith('{')
        ? resolve(JSON.parse(out) as Share)
        : reject(new Error(`the process for the seeds from ${seed} ended without a result`)),
    )
  })
}

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
