import type { Step } from '../cases.ts'
import { valuesDiffer } from '../compare.ts'
import { errorDiffers } from '../errors.ts'
import { plain, shown, timed } from '../values.ts'
import { runEnvironment } from './environment.ts'
import { matchDiffers } from './match.ts'
import type { World } from './world.ts'

/** How one step differs from what it expects, or null. */
export async function runStep(step: Step, world: World): Promise<string | null> {
  if (step.env !== undefined) return nameResult(step, await runEnvironment(step, world), world)
  if (step.check !== undefined) return runCheck(step, world)
  return runCall(step, world)
}

function nameResult({ as }: Step, result: unknown, world: World): null {
  if (as !== undefined) world.objects.set(as, result)
  return null
}

// — calls

async function runCall(step: Step, world: World): Promise<string | null> {
  const { withinMs, stillBlockedAfterMs, expect } = step
  const start = world.bed.clock.now()
  const promise = invoke(step.call!, step, world)
  if (stillBlockedAfterMs !== undefined) return stillBlocked(promise, stillBlockedAfterMs, world)
  const outcome = await settled(world.bed.through(promise, () => world.active))
  const took = world.bed.clock.now() - start
  if (withinMs !== undefined && took > withinMs) return `took ${took} ms, expected ${withinMs} at most`
  const { error } = outcome
  if (expect?.error) return errorDiffers(error === undefined ? [] : [error], expect.error)
  if (error !== undefined) return described(error)
  nameResult(step, outcome.value, world)
  return 'expect' in step ? resultDiffers(outcome.value, step, world) : null
}

async function stillBlocked(promise: Promise<unknown>, ms: number, world: World): Promise<string | null> {
  let settledAlready = false
  promise.then(
    () => {
      settledAlready = true
    },
    () => {
      settledAlready = true
    },
  )
  await world.bed.advance(ms, world.active)
  return settledAlready ? `returned within ${ms} ms` : null
}

interface Outcome {
  readonly value?: unknown
  readonly error?: Error
}

const settled = (promise: Promise<unknown>): Promise<Outcome> =>
  promise.then(
    (value) => ({ value }),
    (error: Error) => ({ error }),
  )
const described = ({ message, stack }: Error): string => `${message} ${stack?.split('\n')[1]?.trim() ?? ''}`

/** The method of that name of the object that the step names. */
async function invoke(method: string, step: Step, world: World): Promise<unknown> {
  const target = typeof step.on === 'string' ? world.object(step.on, method) : timed(step.on)
  const f = target?.[method]
  if (typeof f !== 'function') throw new Error(`unknown step ${method} on ${shown(step.on)}`)
  return f.apply(target, timed(step.args ?? []))
}

function resultDiffers(value: unknown, { expect, compare }: Step, world: World): string | null {
  const other = typeof expect === 'string' && /^(same as|other than) (\w+)$/.exec(expect)
  if (other) return (world.objects.get(other[2]) === value) === (other[1] === 'same as') ? null : `not ${expect}`
  return matchDiffers(value, expect) ?? (isPattern(expect) ? null : valuesDiffer(plain(value), expect, compare))
}

const isPattern = (expected: any): boolean =>
  expected !== null &&
  typeof expected === 'object' &&
  ('not' in expected || 'notNull' in expected || 'lessThan' in expected || 'instanceOf' in expected)

// — checks

async function runCheck(step: Step, world: World): Promise<string | null> {
  const look = async (): Promise<string | null> => {
    const { value, error } = await settled(invoke(step.check!, step, world))
    if (error !== undefined) return described(error)
    nameResult(step, value, world)
    return checkDiffers(value, step)
  }
  if (!step.check!.startsWith('eventually')) return look()
  let difference: string | null = 'never looked'
  await world.bed
    .until(
      async () => (difference = await look()) === null,
      () => world.active,
    )
    .catch(() => {})
  return difference
}

/** A check that can say more than a value answers with a function: the difference from what is expected. */
function checkDiffers(value: unknown, { equals, compare, check }: Step): string | null {
  if (typeof value === 'function') return value(equals) as string | null
  if (check === 'checkpointFilesNonEmptyAndExist')
    return Array.isArray(value) && value.length > 0 === equals ? null : 'no state is stored'
  return valuesDiffer(plain(value), equals, compare)
}
