import { given } from '../../model/given.ts'
import type { Functions } from '../../adapters/aws/lambda/functions.ts'
import { type Packed, pack, unpack } from '../../adapters/aws/lambda/packed.ts'
import { graphShape } from '../../checkpoint/stored-facts.ts'
import { ObjectKeys, parseKey } from '../../checkpoint/object-keys.ts'
import { hasCode, SluiceError } from '../../model/errors.ts'
import {
  anything,
  byKind,
  clauseOf,
  count,
  fields,
  finite,
  list,
  named,
  oneOf,
  type Shape,
  text,
  truth,
} from '../../model/shape.ts'
import type { BatchPlan } from '../../model/task.ts'
import { adopted, adoptedFacts, faultOfPlan, faultOfSealed } from '../../runtime/batch/check-plan.ts'
import { type Planned, type PlannedBatch, type Planner, type PlanRequest, withEnds } from '../../runtime/planner.ts'
import { errorShape, reviveError } from '../../runtime/serialised-error.ts'
import type { Answer, DescribedProgram, PlanAnswer, Sealed, TaskCall } from './calls.ts'
import type { CoordinatorHost } from './coordinator-host.ts'

/** How often a call is made that ends without an answer. */
const ATTEMPTS = 4

/** Has batches planned by the task function, which has the program. */
export class FunctionPlanner implements Planner {
  readonly #host: Pick<CoordinatorHost, 'functions' | 'blobs' | 'random'>
  readonly #task: string
  readonly #program: DescribedProgram
  readonly #signal: AbortSignal
  /** What the last plan was sealed to, if it counts as it was run there. */
  #sealed: { readonly of: string; readonly as: Sealed } | null = null

  constructor(
    host: Pick<CoordinatorHost, 'functions' | 'blobs' | 'random'>,
    task: string,
    program: DescribedProgram,
    signal: AbortSignal,
  ) {
    this.#host = host
    this.#task = task
    this.#program = program
    this.#signal = signal
  }

  async plan(request: PlanRequest): Promise<Planned> {
    const { app, facts } = this.#program
    const call = async (isFirst: boolean): Promise<TaskCall> => ({
      kind: 'plan',
      app,
      fingerprint: facts.fingerprint,
      runs: request.mayRun && isFirst,
      // One that was too much for a task is spread.
      request: await this.#packed(isFirst ? request : { ...request, smallBytes: null }, request.head, batchOf(request)),
    })
    // A batch that ends its process is only planned then: what it does when it runs is for its attempts to find out.
    let answer = await this.#ask<PlanAnswer>(planAnswer, batchOf(request), (attempt) => call(attempt === 0))
    if (isTooLong(answer)) answer = await this.#ask<PlanAnswer>(planAnswer, batchOf(request), () => call(false))
    const { planned, report, unneeded, sealed } = answer
    const wrong = faultOfPlan(planned, request)
    if (wrong !== null) throw unusable('plan', wrong, batchOf(request))
    await this.#forget(unneeded, request.head)
    if (planned.kind === 'failed')
      return { kind: 'failed', facts: adoptedFacts(planned.facts, request), error: reviveError(planned.error) }
    const batch = adopted(planned.batch, request, facts.fingerprint)
    if (report?.kind === 'done' && sealed !== undefined)
      this.#sealed = { of: sealingOf(withEnds(batch.plan, [report])), as: sealed }
    return { kind: 'planned', batch: { ...batch, ...given({ report }) } }
  }

  async seal(planned: PlannedBatch): Promise<PlannedBatch> {
    const { plan } = planned
    const sealed = this.#sealedAs(plan) ?? (await this.#askToSeal(planned))
    const wrong = faultOfSealed(sealed, plan)
    if (wrong !== null) throw unusable('sealed batch', wrong, plan.batch)
    const { cuts, skip } = sealed.plan
    return {
      ...planned,
      positions: sealed.positions,
      progress: sealed.progress,
      plan: { ...withoutEnds(plan), cuts, ...given({ skip }) },
    }
  }

  #sealedAs(plan: BatchPlan): Sealed | null {
    if (this.#sealed?.of !== sealingOf(plan)) return null
    return this.#sealed.as
  }

  async #askToSeal(planned: PlannedBatch): Promise<Sealed> {
    const { plan } = planned
    const sent = { ...planned, plan: { ...plan, state: {}, retained: {} } }
    const packed = await this.#packed(sent, plan, plan.batch)
    return this.#ask<PlannedBatch>(anything, plan.batch, async () => ({ kind: 'seal', planned: packed }))
  }

  /** Throws `E_TASK_ANSWER` for what is no answer of this shape. */
  async #ask<T>(shape: Shape, batch: number, call: (attempt: number) => Promise<TaskCall>): Promise<T> {
    const { functions, blobs } = this.#host
    for (let attempt = 0; ; attempt++) {
      try {
        const packed = (await functions.call(this.#task, await call(attempt), this.#signal)) as Packed<Answer<T>>
        return valueOf<T>(await unpack(packed, blobs), shape, batch)
      } catch (error) {
        const isLost = hasCode(error, 'E_FUNCTION_FAILED') || hasCode(error, 'E_FUNCTION_UNANSWERED')
        if (!isLost || attempt + 1 >= ATTEMPTS || this.#signal.aborted) throw error
      }
    }
  }

  #packed<T>(
    value: T,
    { app, inc }: { readonly app: string; readonly inc: string },
    batch: number,
  ): Promise<Packed<T>> {
    const { blobs, random } = this.#host
    return pack(value, blobs, new ObjectKeys(app, inc).message(batch, random.newId()))
  }

  /** Objects of sources, and of nobody else. */
  async #forget(keys: readonly string[], { app, inc }: PlanRequest['head']): Promise<void> {
    const own = keys.filter((key) => {
      const parsed = parseKey(key)
      return parsed?.app === app && parsed.inc === inc && parsed.kind === 'received'
    })
    await Promise.all(own.map((key) => this.#host.blobs.delete(key)))
  }
}

/** What the program of the task function is. */
export async function describedProgram(
  { functions, blobs }: { readonly functions: Functions; readonly blobs: CoordinatorHost['blobs'] },
  task: string,
): Promise<DescribedProgram> {
  const call: TaskCall = { kind: 'describe' }
  const packed = (await functions.call(task, call)) as Packed<Answer<DescribedProgram>>
  return valueOf(await unpack(packed, blobs), described, null)
}

/** One task has no time for the batch: several may. */
const isTooLong = ({ report }: PlanAnswer): boolean =>
  report?.kind === 'failed' && hasCode(reviveError(report.error), 'E_TASK_TIMEOUT')

/** What a function has answered with, once that is known to be an answer of this shape. */
function valueOf<T>(answer: Answer<T>, shape: Shape, batch: number | null): T {
  const wrong = byKind({ done: { value: shape }, failed: { error: errorShape } })(answer)
  if (wrong !== null) throw unusable('answer', clauseOf(wrong), batch)
  if (answer.kind === 'failed') throw reviveError(answer.error)
  return answer.value
}

const described = fields({
  app: text,
  facts: fields({
    fingerprint: text,
    graph: graphShape,
    intervalMs: count,
    conf: named(text),
    inputs: list(fields({ uid: text, receives: truth, discovers: truth, leadsOn: truth })),
    outputs: list(
      fields({
        uid: text,
        operator: text,
        place: text,
        guarantee: oneOf('exactly-once', 'at-least-once'),
        order: oneOf('before', 'after'),
        isSink: truth,
      }),
    ),
    keepMs: named(finite),
    places: named(text),
  }),
})

const planAnswer = fields({ planned: anything, report: anything, unneeded: list(text) })

const batchOf = ({ input }: PlanRequest): number => (input.kind === 'new' ? input.slot : input.facts).batch

/** What the batch is sealed from: the plan, the ends that were found, and the records that were set aside. */
const sealingOf = ({ nonce, ends, skip }: BatchPlan): string => JSON.stringify([nonce, ends, skip])

const withoutEnds = ({ ends: _ends, ...plan }: BatchPlan): BatchPlan => plan

const unusable = (what: string, wrong: string, batch: number | null): SluiceError =>
  new SluiceError('E_TASK_ANSWER', `The ${what} of the task function cannot be used: ${wrong.replace(/^[. ]+/, '')}.`, {
    ...given({ where: batch !== null && { batch } }),
    did: 'nothing of it was used',
    retry: true,
    next: ['start again; if it comes back, report it'],
  })
