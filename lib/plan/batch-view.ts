import type { OperatorUid } from '../model/ids.ts'
import { decodeActionResult } from './action-results.ts'
import type { OperatorState } from '../model/manifest.ts'
import { deepestFirst } from '../model/walk.ts'
import type { BatchPlan } from '../model/task.ts'
import type { StreamGraph } from '../graph/graph.ts'
import { type JobRunner, JobNeeded, type NewPartial } from '../lineage/jobs.ts'
import { sourceNode, storedNode } from '../lineage/leaves.ts'
import type { RddNode } from '../lineage/node.ts'
import type { Driver } from '../lineage/driver.ts'
import type { BatchView, ReducedWindowNode, SourceNode, StreamNode } from '../graph/stream-node.ts'

type OnAnswer = (operator: OperatorUid, number: number, node: RddNode<any>) => void

/**
 * One batch of one graph: the plan's facts seen through the operators. Every process that works on the batch builds its
 * own and gets the same lineage, because everything that could differ between processes is in the plan.
 */
export class PlannedView implements BatchView {
  readonly time: number
  readonly zeroTime: number
  readonly driver: Driver
  readonly plan: BatchPlan
  readonly #retainKeys: ReadonlyMap<StreamNode, string>
  readonly #rdds = new Map<StreamNode, Map<number, RddNode<any> | null>>()
  readonly #absorbed = new Map<StreamNode, RddNode<any> | null>()

  readonly #onAnswer: OnAnswer

  /** `onAnswer` hears of each action that the plan answers, with its number and what it is an action on. */
  constructor(graph: StreamGraph, plan: BatchPlan, driver: Driver, onAnswer: OnAnswer = () => {}) {
    this.driver = driver
    this.#onAnswer = onAnswer
    this.plan = plan
    this.time = plan.time
    this.zeroTime = plan.zeroTime
    this.#retainKeys = retainedStreams(graph)
  }

  rdd<T>(node: StreamNode<T>, time: number): RddNode<T> | null {
    let times = this.#rdds.get(node)
    if (!times) this.#rdds.set(node, (times = new Map()))
    let rdd = times.get(time)
    if (rdd === undefined) times.set(time, (rdd = time === this.time ? this.#compute(node) : this.#past(node, time)))
    return rdd
  }

  #compute<T>(node: StreamNode<T>): RddNode<T> | null {
    if (!this.#isValid(node.slideMs)) return null
    this.#computeBelow(node)
    const rdd = node.kind === 'source' ? this.#read(node) : node.compute(this.time, this)
    if (rdd) {
      rdd.label ??= node.name ?? node.uid
      rdd.place ??= node.place
      if (node.persisted) rdd.cached = true
    }
    return rdd
  }

  /** What it will ask for is there then: a chain of thousands that ask one another would not fit on the stack. */
  #computeBelow(node: StreamNode): void {
    const unknown = ({ parents, slideMs }: StreamNode): readonly StreamNode[] =>
      this.#isValid(slideMs) ? parents.filter((parent) => !this.#rdds.get(parent)?.has(this.time)) : []
    const below = unknown(node)
    if (below.length > 0) for (const each of deepestFirst(below, unknown)) this.rdd(each, this.time)
  }

  /** A stream has an RDD only on its own grid, counted from the zero time (parity A0.5). */
  #isValid(slideMs: number): boolean {
    return this.time > this.zeroTime && (this.time - this.zeroTime) % slideMs === 0
  }

  #past<T>(node: StreamNode<T>, time: number): RddNode<T> | null {
    const key = this.#retainKeys.get(node)
    const batch = key === undefined ? undefined : this.plan.retained[key]?.find((retained) => retained.time === time)
    return batch ? storedNode<T>(batch.parts) : null
  }

  absorbed(node: ReducedWindowNode<any>, time: number): RddNode<any> | null {
    if (time !== this.time || !this.#isValid(node.window.paneMs)) return null
    let rdd = this.#absorbed.get(node)
    if (rdd === undefined) this.#absorbed.set(node, (rdd = node.absorb(time, this)))
    return rdd
  }

  /** The splits that the plan fixed for a source; without any there is no batch of it. */
  #read<T>({ source, uid }: SourceNode<T>): RddNode<T> | null {
    const splits = this.plan.cuts[uid]?.splits
    return splits ? sourceNode(source, uid, splits) : null
  }
  committed(node: StreamNode): OperatorState | null {
    return this.plan.state[node.uid] ?? null
  }
  planner(node: StreamNode): JobRunner {
    return new RecordedJobs(node.uid, this.plan.actions[node.uid] ?? [], this.#onAnswer)
  }
}

/**
 * Streams whose batches are kept for later: what windows read. Keyed by the window, whose identity survives code
 * changes.
 */
export function retainedStreams(graph: StreamGraph): Map<StreamNode, string> {
  const keys = new Map<StreamNode, string>()
  for (const node of graph.reachable()) {
    if (node.kind !== 'window') continue
    for (const parent of node.parents) if (!keys.has(parent)) keys.set(parent, `${node.uid}/input`)
  }
  return keys
}

/** Answers the n-th action of a `transform` from the plan; the first one without an answer asks for a job. */
class RecordedJobs implements JobRunner {
  readonly kind = 'planning'
  readonly #operator: OperatorUid
  readonly #results: readonly string[]
  readonly #onAnswer: OnAnswer
  #next = 0

  constructor(operator: OperatorUid, results: readonly string[], onAnswer: OnAnswer) {
    this.#operator = operator
    this.#results = results
    this.#onAnswer = onAnswer
  }

  runJob<P>(node: RddNode<any>, splits: readonly number[], newPartial: NewPartial<P>): P[] {
    const number = this.#next++
    const recorded = this.#results[number]
    if (recorded === undefined) throw new JobNeeded(this.#operator, node, splits, newPartial)
    this.#onAnswer(this.#operator, number, node)
    return decodeActionResult(recorded) as P[]
  }
}
