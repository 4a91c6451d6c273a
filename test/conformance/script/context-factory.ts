import { SparkContext, StreamingContext } from '../../../lib/index.ts'
import type { ContextObject } from './context.ts'
import type { StoredCheckpoint } from './creator.ts'
import { RestoredSource } from './restored-source.ts'
import type { World } from './world.ts'

/** The static side of StreamingContext. */
export class ContextFactory {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  static make(conf: Record<string, string>, intervalMs: number): StreamingContext {
    return new StreamingContext(conf, intervalMs)
  }

  new({
    batchIntervalMs,
    conf,
  }: { readonly batchIntervalMs?: number; readonly conf?: Record<string, string> } = {}): ContextObject {
    return this.#world.newContext(batchIntervalMs, conf, false)
  }

  async getOrCreate(
    directory: string,
    create: string,
    options: { readonly createOnError?: boolean } = {},
  ): Promise<ContextObject> {
    const make = this.#world.creator(create).next()
    return this.#world.wrap(await StreamingContext.getOrCreate(directory, make, undefined, options.createOnError))
  }

  async getActiveOrCreate(
    ...args: [string] | [string, string, { readonly createOnError?: boolean }?]
  ): Promise<ContextObject> {
    if (args.length === 1)
      return this.#world.wrap(await StreamingContext.getActiveOrCreate(this.#world.creator(args[0]).next()))
    const [directory, create, options] = args
    return this.#world.wrap(
      await StreamingContext.getActiveOrCreate(
        directory,
        this.#world.creator(create).next(),
        undefined,
        options?.createOnError,
      ),
    )
  }

  /** What a new process would do: nothing of the old one is left but the directory. */
  async fromCheckpoint(from: string): Promise<ContextObject> {
    const stored = this.#world.objects.get(from) as StoredCheckpoint | undefined
    SparkContext.getActive()?.stop()
    const context = await StreamingContext.getOrCreate(
      stored?.directory ?? from,
      notWanted,
      this.#world.processDefaults,
    )
    for (const { source } of context.graph.inputs) if (source instanceof RestoredSource) source.recovered(context.graph)
    return this.#world.wrap(context)
  }

  getActive(): string | null {
    const active = StreamingContext.getActive()
    if (!active) return null
    const wrapped = this.#world.wrap(active)
    return [...this.#world.objects].findLast(([, object]) => object === wrapped)?.[0] ?? 'nameless'
  }
}

function notWanted(): never {
  throw new Error('the checkpoint was not used')
}
