/**
 * `npm run chaos -- --kills N [--seed s] [--scene visits|lines|kinesis|kafka] [--records n]
 * [--workers w | --processes p [--functions]]`: runs the chaos program, kills what runs it (SIGKILL, and now and then
 * SIGSTOP for a while) until that has died N times and the stream has ended, and compares everything it left behind
 * with a straight-line reference. Without `--processes` it is one process, run as a user would; with `--functions`,
 * which scenes of real servers have, it is functions, of which p tasks run at once.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SeededRandom } from '../../lib/adapters/local/seeded-random.ts'
import { killFleet } from './fleet.ts'
import { killFunctions } from './functions.ts'
import { kafkaScene } from './kafka/scene.ts'
import { kinesisScene } from './kinesis/scene.ts'
import { killOneProcess } from './one-process.ts'
import { linesScene } from './lines/scene.ts'
import type { ChaosRequest, Killed, Scene, SceneRequest } from './scene.ts'
import { visitsScene } from './visits/scene.ts'

interface ChaosResult extends Killed {
  readonly batches: number
  readonly seconds: number
  readonly differences: readonly string[]
}

const scenes: Record<string, (request: SceneRequest) => Scene | Promise<Scene>> = {
  visits: visitsScene,
  lines: linesScene,
  kinesis: kinesisScene,
  kafka: kafkaScene,
}

async function chaos(
  which: string,
  given: ChaosRequest & Pick<SceneRequest, 'records'>,
  seed: number,
): Promise<ChaosResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-chaos-'))
  const request = { ...given, folder, seed }
  const scene = await scenes[which](request)
  try {
    const began = Date.now()
    scene.begin()
    const kill = request.functions ? killFunctions : request.processes > 0 ? killFleet : killOneProcess
    const killed = await kill(request, scene, new SeededRandom(seed))
    const batches = scene.batch()
    const differences = [...(await scene.differences()), ...killed.violations]
    if (differences.length === 0) rmSync(folder, { recursive: true })
    else console.error(`left for inspection: ${folder}`)
    return { ...killed, batches, seconds: Math.round((Date.now() - began) / 1000), differences }
  } finally {
    await scene.close?.()
  }
}

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    seed: { type: 'string' },
    scene: { type: 'string', default: 'visits' },
    records: { type: 'string', default: '100000' },
    workers: { type: 'string', default: '0' },
    processes: { type: 'string', default: '0' },
    functions: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed ?? process.env['SLUICE_SEED'] ?? Date.now() % 100_000)
console.log(`seed ${seed}`)
const { kills, stops, batches, seconds, differences } = await chaos(
  values.scene,
  {
    kills: Number(values.kills),
    workers: Number(values.workers),
    processes: Number(values.processes),
    functions: values.functions,
    records: Number(values.records),
  },
  seed,
)
console.log(`${kills} kills, ${stops} stops, ${batches} batches in ${seconds} s: ${differences.length} differences`)
for (const line of differences.slice(0, 20)) console.log(line)
if (differences.length > 0) process.exitCode = 1
