import { LocalPlanner } from '../../../lib/runtime/planning/plan-batch.ts'
import { plannerContract } from '../../../lib/testing/contracts/index.ts'
import { plannedProgram } from '../../support/planned-program.ts'

plannerContract('planned in this process', async (_t, does) => {
  const { program, host, request, asked } = plannedProgram(does)
  return { planner: new LocalPlanner(program, host), request, asked }
})
