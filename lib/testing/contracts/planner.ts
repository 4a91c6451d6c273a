import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { hasCode } from '../../model/errors.ts'
import type { Cut } from '../../model/manifest.ts'
import type { Planned, PlannedBatch, Planner, PlanRequest } from '../../runtime/planner.ts'

/** What the program does that is planned: nothing special; its source throws; a function in `transform`. */
export type PlanningDeed = 'plan' | 'throw-in-source' | 'throw-in-transform'

/** A planner, and the first batch of the program that it plans. */
export interface PlannerUnderTest {
  /** It has planned nothing yet. */
  readonly planner: Planner
  /**
   * A new batch, in a head and at a time of the program's own. Its one source has records whenever it is asked, more
   * than one of them, and keeps to a limit.
   */
  readonly request: PlanRequest
  /** How often the source of the program was asked what is new. */
  asked(): number
}

/**
 * What every planner has to hold: a coordinator goes on with what it answers, wherever the program is. The program has
 * one source with records, a shuffle behind it, and an output. `create` makes a planner for each test and cleans up
 * through `t.after`.
 */
export const plannerContract = (
  name: string,
  create: (t: TestContext, does: PlanningDeed) => Promise<PlannerUnderTest>,
): void => {
  const promise = (title: string, body: (under: PlannerUnderTest) => Promise<void>, does?: PlanningDeed): void => {
    test(`${name}: ${title}`, async (t) => body(await create(t, does ?? 'plan')))
  }

  promise('a plan is plain data, of the batch that was asked for', async ({ planner, request }) => {
    const batch = await plannedBy(planner, request)
    assert.deepEqual(JSON.parse(JSON.stringify(batch)), batch)
    const { slot, head } = asNew(request)
    const { plan } = batch
    assert.deepEqual(
      [plan.batch, plan.tick, plan.time, plan.app, plan.inc, plan.epoch, plan.zeroTime],
      [slot.batch, slot.tick, slot.time, head.app, head.inc, head.epoch, head.zeroTime],
    )
  })

  promise('its one source is read in it, and its position goes on', async ({ planner, request }) => {
    const { plan, positions } = await plannedBy(planner, request)
    const [source, ...more] = Object.keys(plan.cuts)
    assert.deepEqual(more, [])
    assert.ok(splitsIn(plan.cuts).length > 0)
    assert.notEqual(positions[source], undefined)
  })

  promise('the next batch goes on where the last one ended', async ({ planner, request }) => {
    const { plan, positions } = await plannedBy(planner, request)
    const base = { time: plan.time, positions, state: {}, retained: {} }
    const next = await plannedBy(planner, { ...request, base })
    assert.notDeepEqual(next.plan.cuts, plan.cuts)
    assert.notDeepEqual(next.positions, positions)
  })

  promise('its source is asked once, and within its limit', async (under) => {
    const { planner, request } = under
    const [source] = Object.keys((await plannedBy(planner, request)).plan.cuts)
    assert.ok(request.input.kind === 'new' && source !== undefined)
    const asked = under.asked()
    const { plan } = await plannedBy(planner, { ...request, input: { ...request.input, limits: { [source]: 1 } } })
    assert.equal(under.asked(), asked + 1)
    assert.equal(plan.cuts[source]?.records, 1)
  })

  promise('a batch that may not run where it is planned is only planned', async ({ planner, request }) => {
    for (const slots of [1, 2]) assert.equal((await plannedBy(planner, { ...request, slots })).report, undefined)
  })

  promise('asking again changes nothing: the same input, under another name', async ({ planner, request }) => {
    const [first, second] = [await plannedBy(planner, request), await plannedBy(planner, request)]
    assert.deepEqual([second.plan.cuts, second.positions], [first.plan.cuts, first.positions])
    assert.deepEqual(second.stages, first.stages)
    assert.notEqual(second.plan.nonce, first.plan.nonce)
  })

  promise('what it is asked stays as it is', async ({ planner, request }) => {
    const before = structuredClone(request)
    await planner.seal(await plannedBy(planner, request))
    assert.deepEqual(request, before)
  })

  promise('every stage comes after those that it reads', async ({ planner, request }) => {
    const { stages, staged } = await plannedBy(planner, { ...request, slots: 2, smallBytes: null })
    assert.equal(staged, true)
    assert.ok(stages.length > 1)
    const ids = stages.map(({ id }) => id)
    for (const { id, parents, partitions } of stages) {
      assert.ok(partitions > 0)
      for (const parent of parents) assert.ok(ids.indexOf(parent) < ids.indexOf(id))
    }
  })

  promise('with one slot a batch is one task', async ({ planner, request }) => {
    assert.equal((await plannedBy(planner, { ...request, slots: 1 })).staged, false)
  })

  promise('a batch that was planned reads what it was planned to read, and asks nobody', async (under) => {
    const { planner, request } = under
    const { plan, positions, settled } = await plannedBy(planner, request)
    const { batch, tick, time, cuts, actions } = plan
    const asked = under.asked()
    const again = await plannedBy(planner, {
      ...request,
      input: { kind: 'fixed', facts: { batch, tick, time, cuts, actions, positions, settled } },
    })
    assert.deepEqual([again.plan.cuts, again.positions], [cuts, positions])
    assert.equal(under.asked(), asked)
  })

  promise('a batch of which nothing is left to find out is sealed as it was planned', async ({ planner, request }) => {
    const planned = await plannedBy(planner, request)
    const before = structuredClone(planned)
    const sealed = await planner.seal(planned)
    assert.deepEqual(JSON.parse(JSON.stringify(sealed)), sealed)
    const { plan, positions } = sealed
    assert.deepEqual([plan.cuts, plan.nonce, positions], [planned.plan.cuts, planned.plan.nonce, planned.positions])
    assert.deepEqual([planned, await planner.seal(planned)], [before, sealed])
  })

  promise(
    'what a source throws is thrown, as the fault of the source',
    async ({ planner, request }) => {
      await assert.rejects(planner.plan(request), (error) => hasCode(error, 'E_SOURCE') && error.fault === 'source')
    },
    'throw-in-source',
  )

  promise(
    'a function that throws while a batch is planned is an answer, with what the batch would have read',
    async ({ planner, request }) => {
      const answer = await planner.plan(request)
      assert.equal(answer.kind, 'failed')
      assert.ok(answer.error instanceof Error)
      const { facts } = answer
      assert.deepEqual(JSON.parse(JSON.stringify(facts)), facts)
      const { slot } = asNew(request)
      assert.deepEqual([facts.batch, facts.tick, facts.time], [slot.batch, slot.tick, slot.time])
      assert.ok(splitsIn(facts.cuts).length > 0)
      assert.deepEqual(Object.keys(facts.positions), Object.keys(facts.cuts))
    },
    'throw-in-transform',
  )
}

async function plannedBy(planner: Planner, request: PlanRequest): Promise<PlannedBatch> {
  const answer: Planned = await planner.plan(request)
  if (answer.kind === 'failed') throw answer.error
  return answer.batch
}

function asNew({ input, head }: PlanRequest): {
  readonly slot: Extract<PlanRequest['input'], { kind: 'new' }>['slot']
  readonly head: PlanRequest['head']
} {
  if (input.kind === 'new') return { slot: input.slot, head }
  assert.fail('the batch to plan is to be a new one')
}

const splitsIn = (cuts: { readonly [source: string]: Cut | null }): readonly unknown[] =>
  Object.values(cuts).flatMap((cut) => cut?.splits ?? [])
