import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { appsBelow, openStores } from '../../../lib/hosts/embedded/embedded-host.ts'
import { readManifest } from '../../../lib/checkpoint/manifest.ts'
import type { Manifest } from '../../../lib/model/manifest.ts'
import type { SelectionState } from '../../../lib/source/file-selection.ts'
import { restoredConf } from '../../../lib/api/dstream/recovery.ts'
import { StreamingContext } from '../../../lib/index.ts'
import { BatchesSource } from '../batches-source.ts'
import type { Op } from '../cases.ts'
import { applyPipeline } from '../ops.ts'
import { confOf } from '../test-bed.ts'
import type { World } from './world.ts'

/** A context-creating function that knows whether it was called. */
export class Creator {
  readonly #world: World
  readonly #create: () => StreamingContext
  #called = false

  constructor(world: World, create: () => StreamingContext) {
    this.#world = world
    this.#create = create
  }

  called(): boolean {
    return this.#called
  }

  /** The function, not called yet. */
  next(): () => StreamingContext {
    this.#called = false
    return () => {
      this.#called = true
      return this.#create()
    }
  }

  /** Runs a batch of `context` so that its checkpoint lies in a directory. */
  async checkpointOf(
    context: StreamingContext,
    timeMs: number,
    directory = this.#world.bed.folder('cp'),
  ): Promise<StoredCheckpoint> {
    if (context.graph.outputs.length === 0) context.source(new BatchesSource([], 1)).foreachRDD(() => {})
    context.checkpoint(directory)
    const wrapped = this.#world.wrap(context)
    await wrapped.start()
    await this.#world.bed.advance(timeMs, context)
    await this.#world.bed.through(wrapped.stop(), () => context)
    return new StoredCheckpoint(this.#world, directory)
  }

  /** Numbers in the names of files that committed batches took. */
  async recordedFiles(uid: string): Promise<number[]> {
    const manifest = await storedManifest(this.#world.bed.folder('dir'))
    const { times } = manifest!.positions[uid] as unknown as { readonly times: SelectionState }
    return times.recent
      .flatMap(({ paths }) => paths.map((path) => Number(path.split('/').at(-1))))
      .sort((a, b) => a - b)
  }
}

export const plainCreator = (world: World): Creator =>
  new Creator(world, () => {
    const context = new StreamingContext(confOf(world.processDefaults), world.intervalMs)
    context.source(new BatchesSource([[1]], 1)).foreachRDD(() => {})
    return context
  })

/** A checkpoint that some context left in a directory. */
export class StoredCheckpoint {
  readonly directory: string
  readonly #world: World

  constructor(world: World, directory: string) {
    this.#world = world
    this.directory = directory
  }

  async conf(key: string): Promise<string | null> {
    return (await this.#stored())[key] ?? null
  }
  async restoredConf(key: string): Promise<string | null> {
    return restoredConf(await this.#stored(), this.#world.processDefaults)[key] ?? null
  }

  async #stored(): Promise<Readonly<Record<string, string>>> {
    const [app] = await appsBelow(this.directory)
    const stores = await openStores(this.directory, app, false)
    const head = await stores.head.read()
    await stores.head.close()
    return head!.value.conf
  }
}

/** The last committed manifest below a directory, as any process could read it. */
export async function storedManifest(directory: string): Promise<Manifest | null> {
  const [app] = await appsBelow(directory)
  if (app === undefined) return null
  const { head, blobs } = await openStores(directory, app, false)
  try {
    const ref = (await head.read())?.value.manifest
    return ref ? await readManifest(blobs, ref) : null
  } finally {
    await head.close()
  }
}

/** A file where a checkpoint would be, with nothing in it that could be read. */
export function corruptCheckpoint(directory: string): void {
  mkdirSync(join(directory, 'case'), { recursive: true })
  writeFileSync(join(directory, 'case', 'head-1.log'), 'junk')
}

/** A function that makes a context with the pipeline of a step; the first operator is the source. */
export function pipelineCreator(world: World, pipeline: readonly Op[], checkpointMs: number | null): Creator {
  return new Creator(world, () => {
    const context = new StreamingContext(confOf(), world.intervalMs)
    context.checkpoint(world.bed.folder('dir'))
    const [{ op, args = [] }, ...rest] = pipeline as [Op, ...Op[]]
    const stateful = rest.findLastIndex((each) => each.op === 'updateStateByKey' || each.op === 'mapWithState')
    const ops =
      checkpointMs === null ? rest : rest.toSpliced(stateful + 1, 0, { op: 'checkpoint', args: [checkpointMs] })
    const stream = applyPipeline((context as any)[op](...args), ops, world.wrap(context).operators)
    if (context.graph.outputs.length === 0) stream.foreachRDD(() => {})
    return context
  })
}

/** A queue with one RDD, printed, and a checkpoint directory. */
export const queueCreator = (world: World): Creator =>
  new Creator(world, () => {
    const context = new StreamingContext(confOf(), world.intervalMs)
    context.checkpoint(world.bed.folder('dir'))
    context.queueStream([context.sparkContext.range(1, 11)]).foreachRDD(() => {})
    return context
  })
