import { SparkContext, type StreamingContext } from '../../../lib/index.ts'
import type { Case, Step } from '../cases.ts'
import { confOf, TestBed } from '../test-bed.ts'
import { BlockTrackerObject, type FailingLog } from './block-tracker.ts'
import { CheckpointStoreObject } from './checkpoint-store.ts'
import { ContextFactory } from './context-factory.ts'
import { ContextObject } from './context.ts'
import type { Creator } from './creator.ts'
import { plainCreator } from './creator.ts'
import { EnvironmentObject } from './environment-object.ts'
import { InputInfoObject } from './input-info.ts'
import { pidEstimators, rateEstimators } from './rate.ts'
import { PublishedStateObject } from './published-state.ts'
import { SavedOutputObject } from './saved-output.ts'
import { StateHandleObject } from './state-handle.ts'
import { StateMapObject } from './state-map.ts'
import { StateRecordObject, StateSetObject } from './state-record.ts'
import { StoredStateObject } from './stored-state.ts'
import type { StreamObject } from './stream.ts'

/** Everything one script has made so far, by name. */
export class World {
  readonly bed = new TestBed()
  readonly objects = new Map<string, any>()
  readonly case: Case
  /** What settings a new process would begin with. */
  readonly processDefaults: Record<string, string> = {}
  readonly blocked = new Set<unknown>()
  readonly logs: FailingLog[] = []
  readonly closers: (() => void | Promise<void>)[] = []
  readonly #contexts = new Map<StreamingContext, ContextObject>()

  /** Runs another step, later. */
  readonly perform: (step: Step, world: World) => Promise<string | null>

  constructor(each: Case, perform: World['perform']) {
    this.case = each
    this.perform = perform
  }

  /** Whether the script itself moves the clock: then nothing else does. */
  get movesClock(): boolean {
    return this.case.steps!.some(({ env }) => env !== undefined && /^(advanceClock|setClock|runBatches)/.test(env))
  }
  get intervalMs(): number {
    return this.case.batchIntervalMs ?? 1000
  }

  /** The context that runs or ran last. */
  get active(): StreamingContext | null {
    return [...this.#contexts.values()].findLast(({ started }) => started)?.context ?? null
  }

  wrap(context: StreamingContext): ContextObject {
    let known = this.#contexts.get(context)
    if (!known) this.#contexts.set(context, (known = new ContextObject(this, context)))
    return known
  }

  /** The object a step works on. Those that a script uses without making them come to be on first use. */
  object(name: string, method: string): any {
    if (method === 'newEmpty')
      return { newEmpty: async () => void this.objects.set(name, await PublishedStateObject.empty()) }
    if (method === 'new' && !isFactory(name)) return { new: (...args: any[]) => this.#make(name, args) }
    let object = this.objects.get(name)
    if (object === undefined) this.objects.set(name, (object = this.#implied(name)))
    return object
  }

  stream(name: string): StreamObject {
    const stream = this.objects.get(name)
    if (!stream) throw new Error(`no stream ${name}`)
    return stream as StreamObject
  }

  /** `now`, a number, or a name with an offset such as `t0+1000` or `mtime(existing)+2000`. */
  time(value: unknown): number {
    if (typeof value === 'number') return value
    const [, name, file, sign, offset] = /^(?:mtime\((\w+)\)|(\w+))(?:([+-])(\d+))?$/
      .exec(String(value))!
      .map((part) => part ?? '') as [string, string, string, string, string]
    const base =
      name !== ''
        ? (this.objects.get(name) as { mtimeMs: number }).mtimeMs
        : file === 'now'
          ? this.bed.clock.now()
          : (this.objects.get(file) as number)
    return base + Number(`${sign}${offset || 0}`)
  }

  creator(name: string): Creator {
    let creator = this.objects.get(name) as Creator | undefined
    if (!creator) this.objects.set(name, (creator = plainCreator(this)))
    return creator
  }

  /** The context of scripts that do not care how it is made. */
  newContext(
    intervalMs = this.intervalMs,
    conf: Record<string, string> = {},
    directory = this.#wantsDirectory,
  ): ContextObject {
    const context = this.wrap(ContextFactory.make(confOf({ ...this.processDefaults, ...conf }), intervalMs))
    if (directory) context.context.checkpoint(this.bed.folder('dir'))
    return context
  }

  get #wantsDirectory(): boolean {
    return /updateStateByKey|mapWithState|fromCheckpoint|awaitCheckpoint|countByWindow|countByValueAndWindow/.test(
      JSON.stringify(this.case.steps),
    )
  }

  #implied(name: string): any {
    switch (name) {
      case 'ctx':
        return this.newContext()
      case 'Context':
        return new ContextFactory(this)
      case 'Backend':
        return { new: () => new SparkContext(confOf()) }
      case 'env':
        return new EnvironmentObject(this)
      case 'tracker':
        return new InputInfoObject()
      case 'stateRecord':
        return new StateRecordObject(this)
      case 'stateSet':
        return new StateSetObject(this)
      case 'store':
      case 'writer':
        return new CheckpointStoreObject(this)
      case 'state':
        return new StoredStateObject(this)
      case 'PIDRateEstimator':
        return pidEstimators
      case 'RateEstimator':
        return rateEstimators
      case 'out':
        return new SavedOutputObject(this)
      case 'log':
        return this.logs.at(-1)
      case 'create':
      case 'setup':
        return this.creator(name)
    }
    throw new Error(`unknown object ${name}`)
  }

  /** What `new` makes for a name follows from what the script goes on to do with it. */
  async #make(name: string, args: readonly any[]): Promise<unknown> {
    const made = await this.#made(name, args)
    this.objects.set(name, made)
    return made
  }

  async #made(name: string, args: readonly any[]): Promise<unknown> {
    if (this.#uses(name, ['put', 'get', 'getAll', 'getByTime', 'copy', 'agreesWithReferenceMap']))
      return new StateMapObject()
    if (this.#uses(name, ['addBlocks', 'allocate', 'unallocated', 'walEnabled', 'blocksOfBatch', 'log']))
      return BlockTrackerObject.open(this, args[0] ?? {})
    if (this.#uses(name, ['wrap', 'snapshot', 'wrapTimingOut'])) return new StateHandleObject()
    const { batchIntervalMs, conf, explicitCheckpointMs } = args[0] ?? {}
    const context = this.newContext(batchIntervalMs, conf)
    context.explicitCheckpointMs = explicitCheckpointMs ?? null
    return context
  }

  #uses(name: string, methods: readonly string[]): boolean {
    return this.case.steps!.some(({ on, call, check }) => on === name && methods.includes(call ?? check ?? ''))
  }

  async close(): Promise<void> {
    for (const close of this.closers) await close()
    await this.bed.close()
  }
}

const isFactory = (name: string): boolean => ['Context', 'Backend', 'PIDRateEstimator', 'RateEstimator'].includes(name)
