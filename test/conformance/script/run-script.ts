import type { Case, Step } from '../cases.ts'
import { deviations } from '../deviations.ts'
import { runStep } from './steps.ts'
import { World } from './world.ts'

/** How a script differs from what it expects, or null. Its steps run in order; the first that differs ends it. */
export async function runScript(each: Case): Promise<string | null> {
  const world = new World(each, runStep)
  try {
    for (const [i, step] of each.steps!.entries()) {
      const difference = await runStep(withDeviation(each.id, i, world.bed.resolved(step)), world)
      if (difference !== null) return `step ${i} (${step.env ?? step.check ?? step.call}): ${difference}`
    }
    return null
  } finally {
    await world.close()
  }
}

/** What we do instead, where we differ on purpose. */
function withDeviation(id: string, index: number, step: Step): Step {
  const deviation = deviations.find((each) => each.id === id && each.step === index)
  if (!deviation) return step
  return step.check === undefined ? { ...step, expect: deviation.instead } : { ...step, equals: deviation.instead }
}
