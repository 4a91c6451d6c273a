import type { Functions } from '../../adapters/aws/lambda/functions.ts'
import { type Packed, pack, unpack } from '../../adapters/aws/lambda/packed.ts'
import { ObjectKeys, parseKey } from '../../checkpoint/object-keys.ts'
import { hasCode, SluiceError } from '../../model/errors.ts'
import type { BatchPlan } from '../../model/task.ts'
import { adopted, faultOfPlan } from '../../runtime/batch/check-plan.ts'
import type { Planned, PlannedBatch, Planner, PlanRequest } from '../../runtime/planner.ts'
import { reviveError } from '../../runtime/serialised-error.ts'
import type { Answer, DescribedProgram, PlanAnswer, TaskCall } from './calls.ts'
import type { AwsHost } from './host.ts'

/** How often a call is made that ends without an answer. */
const ATTEMPTS = 4

/** Has batches planned by the task function, which has the program. */
export class FunctionPlanner implements Planner {
  readonly #host: Pick<AwsHost, 'functions' | 'blobs' | 'random'>
  readonly #task: string
  readonly #program: DescribedProgram
  readonly #signal: AbortSignal

  constructor(
    host: Pick<AwsHost, 'functions' | 'blobs' | 'random'>,
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
    const { planned, report, unneeded } = await this.#ask<PlanAnswer>((attempt) => call(attempt === 0))
    const wrong = faultOfPlan(planned, request)
    if (wrong !== null) throw unusable(wrong, batchOf(request))
    await this.#forget(unneeded, request.head)
    if (planned.kind === 'failed') return { ...planned, error: reviveError(planned.error) }
    const batch = adopted(planned.batch, request, facts.fingerprint)
    return { kind: 'planned', batch: report ? { ...batch, report } : batch }
  }

  async seal(planned: PlannedBatch): Promise<PlannedBatch> {
    const { plan } = planned
    const sent = { ...planned, plan: { ...plan, state: {}, retained: {} } }
    const packed = await this.#packed(sent, plan, plan.batch)
    const sealed = await this.#ask<PlannedBatch>(async () => ({ kind: 'seal', planned: packed }))
    const { cuts, skip } = sealed.plan
    return {
      ...planned,
      positions: sealed.positions,
      progress: sealed.progress,
      plan: { ...withoutEnds(plan), cuts, ...(skip ? { skip } : {}) },
    }
  }

  async #ask<T>(call: (attempt: number) => Promise<TaskCall>): Promise<T> {
    const { functions, blobs } = this.#host
    for (let attempt = 0; ; attempt++) {
      try {
        const packed = (await functions.call(this.#task, await call(attempt), this.#signal)) as Packed<Answer<T>>
        return valueOf(await unpack(packed, blobs))
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
  { functions, blobs }: { readonly functions: Functions; readonly blobs: AwsHost['blobs'] },
  task: string,
): Promise<DescribedProgram> {
  const call: TaskCall = { kind: 'describe' }
  const packed = (await functions.call(task, call)) as Packed<Answer<DescribedProgram>>
  return valueOf(await unpack(packed, blobs))
}

function valueOf<T>(answer: Answer<T>): T {
  if (answer.kind === 'failed') throw reviveError(answer.error)
  return answer.value
}

const batchOf = ({ input }: PlanRequest): number => (input.kind === 'new' ? input.slot : input.facts).batch

const withoutEnds = ({ ends: _ends, ...plan }: BatchPlan): BatchPlan => plan

const unusable = (wrong: string, batch: number): SluiceError =>
  new SluiceError('E_TASK_ANSWER', `The plan of the task function cannot be used: ${wrong.replace(/^[. ]+/, '')}.`, {
    where: { batch },
    did: 'nothing of it was used',
    retry: true,
    next: ['start again; if it comes back, report it'],
  })
