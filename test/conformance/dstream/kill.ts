import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SeededRandom } from '../../../lib/adapters/local/seeded-random.ts'
import type { Case } from '../cases.ts'
import type { TestBed } from '../test-bed.ts'
import { propertiesDiffer } from './properties.ts'

const KILLS = 4
/** A kill comes after so many steps of the program at most: some batches of it. */
const STEPS_MAX = 80

/**
 * Runs the program in processes of its own that are killed at random points, each going on from the directory alone,
 * until one may end.
 */
export async function runKilled(each: Case, bed: TestBed): Promise<string | null> {
  const seed = Number(process.env.SLUICE_SEED ?? Math.floor(Math.random() * 2 ** 31))
  const random = new SeededRandom(seed)
  writeFileSync(bed.folder('case.json'), JSON.stringify(each))
  for (let kill = 0; kill < KILLS; kill++) await runProcess(bed.root, 1 + Math.floor(random.next() * STEPS_MAX))
  const code = await runProcess(bed.root, Infinity)
  const difference =
    code === 0
      ? propertiesDiffer(expectation(each.expected), { outputs: outputsIn(bed), snapshots: [] })
      : `the last process ended with ${code}`
  return difference && `${difference} (SLUICE_SEED=${seed})`
}

async function runProcess(root: string, killAfterSteps: number): Promise<number | string> {
  const program = fileURLToPath(new URL('killed-process.ts', import.meta.url))
  const child = spawn(process.execPath, [program, root, String(killAfterSteps)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return code ?? signal!
}

function outputsIn(bed: TestBed): unknown[][] {
  const file = bed.folder('outputs.jsonl')
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as unknown[])
    : []
}

/** Batches may be shown again; which records there are is fixed. */
const expectation = (expected: unknown): Record<string, unknown> =>
  Array.isArray(expected) ? { distinctOutputs: expected.flat() } : (expected as Record<string, unknown>)
