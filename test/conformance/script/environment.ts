import { mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { StreamingContext } from '../../../lib/index.ts'
import { BatchesSource } from '../batches-source.ts'
import type { Step } from '../cases.ts'
import { evaluate } from '../functions.ts'
import { confOf } from '../test-bed.ts'
import { corruptCheckpoint, pipelineCreator, queueCreator } from './creator.ts'
import type { World } from './world.ts'

/** Does what a script says happens around the program; some actions have a result that can be named. */
export async function runEnvironment(step: Step, world: World): Promise<unknown> {
  const action = actions[step.env!]
  if (!action) throw new Error(`unknown environment action ${step.env}`)
  return action(world, step.args ?? [], step)
}

type Action = (world: World, args: readonly any[], step: Step) => unknown

const actions: Record<string, Action> = {
  // — files
  writeFile: (world, [path, text], { mtimeMs }) => writeAt(world, path, text, mtimeMs),
  writeLines: (world, [path, lines], { mtimeMs }) => writeAt(world, path, `${lines.join('\n')}\n`, mtimeMs),
  writeBytes: (world, [path, bytes], { mtimeMs }) => writeAt(world, path, Uint8Array.from(bytes), mtimeMs),
  mkdir: (_world, [path]) => mkdirSync(path, { recursive: true }),
  rename: (_world, [from, to]) => renameSync(from, to),
  deleteDir: (_world, [path]) => rmSync(path, { recursive: true, force: true }),

  // — time
  setClock: (world, [time]) => world.bed.clock.set(world.time(time)),
  advanceClock: (world, [ms]) => world.bed.advance(ms, world.active),
  sleepRealMs: (world, [ms]) => world.bed.advance(ms, world.active),
  runBatches: (world, [n]) => world.bed.advance(n * world.intervalMs, world.active),
  jumpClockAtRestart: (world, [ms]) => world.bed.clock.set(world.bed.clock.now() + ms),
  clockAtRestart: () => {},
  awaitCompletedBatches: (world, [n]) => awaitCompletedBatches(world, n),
  awaitCheckpoint: (world, [n = 0]) => awaitCompletedBatches(world, n),
  advanceClockUntilStable: (world, [ms]) => advanceUntilStable(world, ms),
  advanceClockUntil: (world, [, ms]) => advanceUntilStable(world, ms),
  after: (world, [ms, step]) =>
    void world.bed.clock.sleepUntil(world.bed.clock.now() + ms).then(() => world.perform(step, world)),
  until: (world, [condition]) =>
    world.bed.until(
      () => holds(condition, world),
      () => world.active,
    ),

  // — inputs
  enqueue: (world, [queue, records]) => world.objects.get(queue).enqueue(records),
  tcpServer: (world, [name]) => tcpServer(world, name),
  tcpSend: (world, [name, text]) => world.objects.get(name).send(text),
  blockProcessingOf: (world, [record]) => void world.blocked.add(record),
  unblockProcessing: (world) => world.blocked.clear(),

  // — checkpoints and settings
  setProcessDefault: (world, [key, value]) => void (world.processDefaults[key] = value),
  clearProcessDefault: (world, [key]) => void delete world.processDefaults[key],
  corruptCheckpoint: (_world, [directory]) => corruptCheckpoint(directory),
  validCheckpoint: (world, [directory], { conf }) => validCheckpoint(world, directory, conf),
  defineSetup: (world, [name], { pipeline, checkpointMs }) =>
    void world.objects.set(name, pipelineCreator(world, pipeline, checkpointMs ?? null)),
  defineCreate: (world, [name]) => void world.objects.set(name, queueCreator(world)),

  // — inner parts
  postEvent: (world, [event]) => {
    const [name, info] = Object.entries<any>(event)[0]
    world
      .object('ctx', 'post')
      .context.listeners.post(`on${name[0].toUpperCase()}${name.slice(1)}`, { receiverInfo: info })
  },
  forAll: (world, [domain]) => world.object('m', 'forAll').forAll(domain),
  failNextLogWrites: (world, [kind, message]) => world.logs.forEach((log) => log.fail(kind, message)),
  healLog: (world) => world.logs.forEach((log) => log.heal()),
}

/**
 * Files of a script carry the script's time unless told otherwise. Where nobody counts the time, a little of it has
 * passed since the last step.
 */
async function writeAt(
  world: World,
  path: string,
  content: string | Uint8Array,
  mtime: unknown,
): Promise<{ readonly path: string; readonly mtimeMs: number }> {
  if (!world.movesClock) await world.bed.advance(1, world.active)
  const mtimeMs = world.time(mtime ?? 'now')
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  utimesSync(path, mtimeMs / 1000, mtimeMs / 1000)
  return { path, mtimeMs: statSync(path).mtimeMs }
}

/**
 * Where the script does not move the clock itself, batches run until there are enough. The result is the time of the
 * first.
 */
async function awaitCompletedBatches(world: World, n: number): Promise<number> {
  const context = world.wrap(world.active!)
  if (world.movesClock) await world.bed.caughtUp(context.context)
  else
    while (context.completed.length < n && context.getState() === 'ACTIVE')
      await world.bed.advance(context.context.batchDuration.milliseconds, context.context)
  if (context.completed.length < n) throw new Error(`${context.completed.length} batches completed, expected ${n}`)
  return context.completed[0]
}

/** Until nothing new has come out for some intervals and receivers are done. */
async function advanceUntilStable(world: World, ms: number): Promise<void> {
  let [before, quiet] = [-1, 0]
  for (let i = 0; i < 100 && quiet < 5; i++) {
    await world.bed.advance(ms, world.active)
    await sleep(5)
    const now = world.wrap(world.active!).totalProcessedRecords()
    quiet = now === before && now > 0 && world.objects.get('receiver')?.busy !== true ? quiet + 1 : 0
    before = now
  }
}

const holds = (condition: string, world: World): boolean =>
  Boolean(evaluate(condition.replace(/^(\S+) is set$/, '$1 !== undefined'), world.bed.scope))

async function tcpServer(world: World, name: string): Promise<void> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const send = async (text: string): Promise<void> => {
    await world.bed.until(
      () => sockets.length > 0,
      () => null,
    )
    sockets.forEach((socket) => socket.write(text))
    // The bytes must have crossed the machine before the clock moves.
    await sleep(10)
  }
  world.objects.set(name, { port: (server.address() as { port: number }).port, send })
  world.closers.push(() => {
    sockets.forEach((socket) => socket.destroy())
    server.close()
  })
}

async function validCheckpoint(world: World, directory: string, conf: Record<string, string> = {}): Promise<void> {
  const context = new StreamingContext(confOf(conf), world.intervalMs)
  context.source(new BatchesSource([[1]], 1)).foreachRDD(() => {})
  await world.creator('create').checkpointOf(context, world.intervalMs, directory)
}
