import type { BatchPlan } from '../../model/task.ts'
import { PlannedView } from '../../plan/batch-view.ts'
import { planStages, type StagePlan } from '../../plan/stages.ts'
import { StateStore } from '../../state/state-store.ts'
import { type EngineSettings, engineSettings } from '../settings.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import type { Driver } from '../../lineage/driver.ts'
import type { PlainRows } from '../../codec/plain-rows.ts'
import type { BatchNumber } from '../../model/ids.ts'
import type { BlobRef } from '../../model/refs.ts'

/**
 * A program as a process holds it: the graph that its module built, its settings, and the state that is warm here.
 */
export class TaskProgram {
  readonly graph: StreamGraph
  readonly driver: Driver
  readonly fingerprint: string
  readonly settings: EngineSettings
  readonly state: StateStore
  /** What its tasks have staged here, where tasks and outputs share a process. */
  readonly staged = new StagedRecords()
  #prepared: {
    readonly nonce: string
    readonly actions: number
    readonly staged: boolean
    readonly stagePlan: StagePlan
  } | null = null

  /** Throws `E_CONF` and `E_LIMIT` for settings that cannot be used. */
  constructor(graph: StreamGraph, driver: Driver, fingerprint: string) {
    graph.freeze()
    this.graph = graph
    this.driver = driver
    this.fingerprint = fingerprint
    this.settings = engineSettings(driver.conf)
    this.state = this.coldState()
  }

  /** State as a process finds it that has just begun. */
  coldState(): StateStore {
    const { keyBytesMax, compactApiece } = this.settings
    return new StateStore({ bytesMax: keyBytesMax, compactApiece })
  }

  /** Takes over the stages that the planner of this process has just made. */
  adopt(plan: BatchPlan, staged: boolean, stagePlan: StagePlan): void {
    this.#prepared = { nonce: plan.nonce, actions: actionsIn(plan), staged, stagePlan }
  }

  /** The stages of a batch: rebuilt once per batch and process, the same in each. */
  stagesOf(plan: BatchPlan, staged: boolean): StagePlan {
    const actions = actionsIn(plan)
    const known = this.#prepared
    if (known && known.nonce === plan.nonce && known.actions === actions && known.staged === staged)
      return known.stagePlan
    const stagePlan = planStages(this.graph, new PlannedView(this.graph, plan, this.driver), staged)
    this.#prepared = { nonce: plan.nonce, actions, staged, stagePlan }
    return stagePlan
  }
}

const actionsIn = (plan: BatchPlan): number =>
  Object.values(plan.actions).reduce((count, results) => count + results.length, 0)

/**
 * What tasks of this process have staged for outputs, by the name of the object that holds it: an output that is shown
 * here need not decode what was encoded a moment ago. Holds one batch at the most; who finds nothing reads the object.
 */
export class StagedRecords {
  #batch = 0
  readonly #records = new Map<string, PlainRows>()

  keep(batch: BatchNumber, { key }: BlobRef, records: PlainRows): void {
    if (batch !== this.#batch) this.#records.clear()
    this.#batch = batch
    this.#records.set(key, records)
  }

  /** Gives the records as decoding would, made anew at each call. `null` for those that are not here. */
  of({ key }: BlobRef): (() => unknown[]) | null {
    const records = this.#records.get(key)
    if (!records) return null
    return () => records.rows()
  }
}
