import type { Planned, PlannedBatch, Planner, PlanRequest } from '../planner.ts'
import type { TaskProgram } from '../task/program.ts'
import type { SourceHost } from '../task/source-io.ts'
import { planBatch } from './plan-batch.ts'
import { sealedBatch } from './sealed-batch.ts'

/** Plans in this process, where the program is. */
export class LocalPlanner implements Planner {
  readonly #program: TaskProgram
  readonly #host: SourceHost

  constructor(program: TaskProgram, host: SourceHost) {
    this.#program = program
    this.#host = host
  }

  plan(request: PlanRequest): Promise<Planned> {
    return planBatch(request, this.#program, this.#host)
  }

  async seal(planned: PlannedBatch): Promise<PlannedBatch> {
    return sealedBatch(planned, this.#program.graph, this.#host.log)
  }
}
