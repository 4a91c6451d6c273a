/**
 * `npm run chaos -- --kills N [--seed s] [--workers w | --processes p]`: runs the chaos program, kills what runs it (SIGKILL, and now and then SIGSTOP for a while) until that has
 * died N times and the stream has ended, and compares everything it left behind with a straight-line reference. Without `--processes` it is one process, run as a user would.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SeededRandom } from '../../lib/local/seeded-random.ts'
import { killFleet } from './fleet.ts'
import { killOneProcess } from './one-process.ts'
import { type ChaosRequest, compare, type Killed, newScene } from './scene.ts'

interface ChaosResult extends Killed {
  readonly batches: number
  readonly seconds: number
  readonly differences: readonly string[]
}

async function chaos(request: ChaosRequest, seed: number): Promise<ChaosResult> {
  const began = Date.now()
  const scene = newScene(mkdtempSync(join(tmpdir(), 'sluice-chaos-')), request)
  const killed = await (request.processes > 0 ? killFleet : killOneProcess)(request, scene, new SeededRandom(seed))
  const differences = compare(scene)
  if (differences.length === 0) rmSync(scene.folder, { recursive: true })
  else console.error(`left for inspection: ${scene.folder}`)
  return { ...killed, batches: scene.ticks, seconds: Math.round((Date.now() - began) / 1000), differences }
}

const { values } = parseArgs({ options: { kills: { type: 'string', default: '300' }, seed: { type: 'string' }, workers: { type: 'string', default: '0' }, processes: { type: 'string', default: '0' } } })
const seed = Number(values.seed ?? process.env['SLUICE_SEED'] ?? Date.now() % 100_000)
console.log(`seed ${seed}`)
const { kills, stops, batches, seconds, differences } = await chaos({ kills: Number(values.kills), workers: Number(values.workers), processes: Number(values.processes) }, seed)
console.log(`${kills} kills, ${stops} stops, ${batches} batches in ${seconds} s: ${differences.length} differences`)
for (const line of differences.slice(0, 20)) console.log(line)
if (differences.length > 0) process.exitCode = 1
