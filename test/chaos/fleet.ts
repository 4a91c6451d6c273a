import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readDirectoryHead } from '../../lib/adapters/local/head-directory.ts'
import type { SeededRandom } from '../../lib/adapters/local/seeded-random.ts'
import type { Head } from '../../lib/model/head.ts'
import { Child } from './child.ts'
import { violationsIn } from './directory-violations.ts'
import { letFinish } from './one-process.ts'
import type { Killed, Scene, SceneRequest } from './scene.ts'

/** From one blow to the next. */
const PAUSE_MS = { min: 100, max: 200 }
/** A blow in ten stops its victim and wakes it instead, before or after others have noticed. */
const STOP_SHARE = 0.1
const STOP_MS_MAX = 400
/** The coordinator is hit less often than its share, or it would hardly live through its start. */
const COORDINATOR_SHARE = 0.2
/** How long a coordinator that was taken over may take to notice. */
const FENCED_MS_MAX = 20_000

/**
 * A coordinator and its workers as processes of their own, over sockets, on one directory. Each blow hits one of them;
 * who is dead starts again at once. Half-way, the coordinator is stopped until another one has taken the app over, and
 * then woken: it must notice and end, and nothing it does may count.
 */
export async function killFleet(
  { kills, processes, folder }: SceneRequest,
  scene: Scene,
  random: SeededRandom,
): Promise<Killed> {
  const { programArgs } = scene
  const sockets = Array.from({ length: processes }, (_, i) => join(folder, `worker-${i}.sock`))
  const workers = sockets.map(
    (socket, i) =>
      new Child(
        ['test/chaos/fleet-worker.ts', join(folder, 'state', scene.app), socket, ...programArgs],
        join(folder, `worker-${i}.txt`),
        scene.env,
      ),
  )
  const newCoordinator = (name: string): Child =>
    new Child(
      ['test/chaos/fleet-coordinator.ts', join(folder, 'state'), sockets.join(','), ...programArgs],
      join(folder, `${name}.txt`),
      scene.env,
    )
  let coordinator = newCoordinator('coordinator')
  const { min, max } = scene.pauseMs ?? PAUSE_MS
  let stops = 0
  for (let killed = 0; killed < kills;) {
    await sleep(min + random.next() * (max - min))
    const victim = random.next() < COORDINATOR_SHARE ? coordinator : workers[Math.floor(random.next() * workers.length)]
    if (random.next() < STOP_SHARE) {
      stops++
      await victim.stopFor(random.next() * STOP_MS_MAX)
      continue
    }
    await victim.end('SIGKILL')
    victim.startAgain()
    killed++
    await scene.killed?.(killed)
    if (killed === Math.floor(kills / 2))
      coordinator = await takenOver(coordinator, () => newCoordinator('successor'), scene, join(folder, 'state'))
  }
  await letFinish(coordinator, scene)
  for (const worker of workers) await worker.end('SIGKILL')
  return { kills, stops: stops + 1, violations: await violationsIn(join(folder, 'state')) }
}

/**
 * The old one stands still while its lease runs out, wakes when its successor has taken over, and must end by itself.
 */
async function takenOver(old: Child, start: () => Child, scene: Scene, state: string): Promise<Child> {
  const before = scene.batch()
  while (scene.batch() === before) {
    if (old.isOver) throw new Error(`the coordinator ended with ${old.exitCode} by itself: ${old.lastWords}`)
    await sleep(20)
  }
  old.signal('SIGSTOP')
  // The head says who has the app: a successor can show nothing as long as the old one sleeps in a transaction.
  const epoch = async (): Promise<number> => (await readDirectoryHead<Head>(join(state, scene.app)))!.value.epoch
  const ofOld = await epoch()
  const successor = start()
  while ((await epoch()) === ofOld) {
    await sleep(100)
    if (successor.isOver) successor.startAgain()
  }
  old.signal('SIGCONT')
  const noticed = Date.now() + FENCED_MS_MAX
  while (!old.isOver) {
    if (Date.now() > noticed) throw new Error(`a coordinator that was taken over runs on: ${old.lastWords}`)
    await sleep(50)
  }
  return successor
}
