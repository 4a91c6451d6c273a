import { LocalPlanner } from '../../lib/runtime/planning/plan-batch.ts'
import type { Planned, PlannedBatch, Planner, PlanRequest } from '../../lib/runtime/planner.ts'
import { plannerContract } from '../../lib/testing/contracts/planner.ts'
import { plannedProgram } from '../support/planned-program.ts'

// Planners that break a promise each, and the suite that has to find it: planner-contract.test.ts runs this file.

type Break = (sound: Planner) => Partial<Planner>

/** Another plan than the planner's. */
const inBatch =
  (change: (batch: PlannedBatch, request: PlanRequest) => object): Break =>
  ({ plan }) => ({
    plan: async (request) => {
      const answer = await plan(request)
      if (answer.kind === 'failed') return answer
      return { kind: 'planned', batch: { ...answer.batch, ...change(answer.batch, request) } }
    },
  })

const inPlan = (facts: object): Break => inBatch(({ plan }) => ({ plan: { ...plan, ...facts } }))

/** Asks with another request than it is asked. */
const asking =
  (change: (request: PlanRequest) => PlanRequest): Break =>
  ({ plan }) => ({ plan: (request) => plan(change(request)) })

/** Another answer where the batch could not be planned. */
const inFailure =
  (change: (answer: Extract<Planned, { kind: 'failed' }>) => object): Break =>
  ({ plan }) => ({
    plan: async (request) => {
      const answer = await plan(request)
      return answer.kind === 'failed' ? { ...answer, ...change(answer) } : answer
    },
  })

const isNew = ({ input }: PlanRequest): boolean => input.kind === 'new'

for (const [name, broken] of Object.entries<Break>({
  'sound planner': () => ({}),
  'planner that answers with functions': inBatch(() => ({ run: () => {} })),
  'planner of another batch': inPlan({ batch: 7 }),
  'planner of another time': inPlan({ time: 7 }),
  'planner of another app': inPlan({ app: 'other' }),
  'planner of another life': inPlan({ inc: 'other' }),
  'planner of an older head': inPlan({ epoch: 0 }),
  'planner that reads nothing': inBatch(({ plan }, request) =>
    isNew(request)
      ? { plan: { ...plan, cuts: Object.fromEntries(Object.keys(plan.cuts).map((source) => [source, null])) } }
      : {},
  ),
  'planner that goes on nowhere': inBatch((_, request) =>
    isNew(request) && request.base === null ? { positions: {} } : {},
  ),
  'planner that begins anew each time': asking((request) => ({ ...request, base: null })),
  'planner without limits': asking((request) =>
    request.input.kind === 'new' ? { ...request, input: { ...request.input, limits: {} } } : request,
  ),
  'planner that asks twice': ({ plan }) => ({
    plan: async (request) => {
      await plan(request)
      return plan(request)
    },
  }),
  'planner that goes on by itself': ({ plan }) => {
    let last: PlannedBatch | null = null
    return {
      plan: async (request) => {
        const positions = request.base?.positions ?? last?.positions
        const base = positions ? { time: 0, state: {}, retained: {}, positions } : null
        const answer = await plan({ ...request, base })
        last = answer.kind === 'planned' ? answer.batch : null
        return answer
      },
    }
  },
  'planner that runs what it plans': inBatch(({ staged }) => (staged ? {} : { report: { kind: 'done' } })),
  'planner whose plans have one name': inPlan({ nonce: 'n' }),
  'planner that notes what it has planned': ({ plan }) => ({
    plan: (request) => plan(Object.assign(request, { isPlanned: true })),
  }),
  'planner that seals in what it is given': ({ seal }) => ({
    seal: async (planned) => Object.assign(planned, await seal(planned), { isSealed: true }),
  }),
  'planner that seals under another name': ({ seal }) => ({
    seal: async (planned) => {
      const sealed = await seal(planned)
      return { ...sealed, plan: { ...sealed.plan, nonce: 'n' } }
    },
  }),
  'planner that seals with functions': ({ seal }) => ({
    seal: async (planned) => ({ ...(await seal(planned)), run: () => {} }),
  }),
  'planner whose stages come backwards': inBatch(({ stages }, { slots, smallBytes, mayRun }) =>
    slots === 2 && smallBytes === null && !mayRun ? { stages: stages.toReversed() } : {},
  ),
  'planner that spreads nothing': asking((request) => ({ ...request, slots: 1 })),
  'planner that spreads everything': asking((request) => ({ ...request, slots: 2 })),
  'planner that asks again for what was planned': ({ plan }) => {
    let first: PlanRequest | null = null
    return {
      plan: async (request) => {
        first ??= request
        if (!isNew(request)) await plan(first)
        return plan(request)
      },
    }
  },
  'planner that plans anew what was planned': ({ plan }) => {
    let first: PlanRequest | null = null
    return {
      plan: (request) => {
        first ??= request
        return plan(
          isNew(request)
            ? request
            : { ...first, base: { time: 0, positions: { numbers: 3 }, state: {}, retained: {} } },
        )
      },
    }
  },
  'planner that loses codes': ({ plan }) => ({
    plan: (request) => plan(request).catch((error: unknown) => Promise.reject(new Error(String(error)))),
  }),
  'planner that answers what a source throws': ({ plan }) => ({
    plan: (request) =>
      plan(request).catch((error: unknown) => {
        const facts = { batch: 1, tick: 1, time: 0, cuts: {}, actions: {}, positions: {}, settled: [] }
        return { kind: 'failed' as const, facts, error }
      }),
  }),
  'planner that throws what a function throws': inFailure(({ error }) => {
    throw error as Error
  }),
  'planner that fails with words': inFailure(({ error }) => ({ error: String(error) })),
  'planner that forgets what a batch would have read': inFailure(({ facts }) => ({ facts: { ...facts, cuts: {} } })),
  'planner that forgets where it would have gone on': inFailure(({ facts }) => ({
    facts: { ...facts, positions: {} },
  })),
  'planner that fails with functions': inFailure(({ facts }) => ({ facts: { ...facts, again: () => {} } })),
}))
  plannerContract(name, async (_t, does) => {
    const { program, host, request, asked } = plannedProgram(does)
    const local = new LocalPlanner(program, host)
    const sound: Planner = { plan: (each) => local.plan(each), seal: (each) => local.seal(each) }
    return { planner: { ...sound, ...broken(sound) }, request: structuredClone(request), asked }
  })
