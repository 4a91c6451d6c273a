import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SeededRandom } from '../../lib/adapters/local/seeded-random.ts'
import { Child } from './child.ts'
import { violationsIn } from './directory-violations.ts'
import type { Killed, Scene, SceneRequest } from './scene.ts'

/**
 * A process lives this long before it is killed: long enough to start and run some batches, or to die in the middle of
 * starting.
 */
const LIFE_MS = { min: 100, max: 900 }
/** Threads that load the program have to start as well. */
const THREADS_MS = 900

/** Kills a program that runs as users run it, `sluice run --dir`, with all its threads. */
export async function killOneProcess(
  { kills, workers, folder }: SceneRequest,
  scene: Scene,
  random: SeededRandom,
): Promise<Killed> {
  const child = new Child(
    ['lib/cli/bin.ts', 'run', ...scene.programArgs, '--dir', join(folder, 'state'), '--workers', String(workers)],
    join(folder, 'stderr.txt'),
    scene.env,
  )
  const { min, max } = scene.pauseMs ?? { ...LIFE_MS, max: LIFE_MS.max + (workers > 0 ? THREADS_MS : 0) }
  let stops = 0
  for (let killed = 0; killed < kills;) {
    await sleep(min + random.next() * (max - min))
    if (random.next() < 0.1) {
      stops++
      await child.stopFor(100)
    }
    await child.end('SIGKILL')
    child.startAgain()
    killed++
    await scene.killed?.(killed)
  }
  await letFinish(child, scene)
  return { kills, stops, violations: await violationsIn(join(folder, 'state')) }
}

export async function letFinish(child: Child, scene: Scene): Promise<void> {
  await throughWithOneMore(scene, () => {
    if (child.exitCode !== null)
      throw new Error(`the program ended with ${child.exitCode} before the stream did: ${child.lastWords}`)
  })
  await child.end('SIGINT')
}

/**
 * Who is left must run a batch of its own: what the last kill left half done is its to finish, however far the stream
 * had come.
 */
export async function throughWithOneMore(scene: Scene, check: () => void = () => {}): Promise<void> {
  scene.end()
  const reached = scene.batch()
  while (!(await scene.isThrough()) || scene.batch() <= reached) {
    check()
    await sleep(100)
  }
}
