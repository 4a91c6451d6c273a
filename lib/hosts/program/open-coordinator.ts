import type { StreamingContext } from '../../api/dstream/streaming-context.ts'
import type { OutputEnvironment } from '../../graph/output-operation.ts'
import type { Head } from '../../model/head.ts'
import { settingsOf } from '../../model/settings/read.ts'
import { programFacts } from '../../plan/program-facts.ts'
import { assembled, type Parts } from '../../runtime/coordinator/assemble.ts'
import type { Coordinator } from '../../runtime/coordinator/coordinator.ts'
import { publishHere } from '../../runtime/output/run-output.ts'
import { LocalPlanner } from '../../runtime/planning/plan-batch.ts'
import type { TaskProgram } from '../../runtime/task/program.ts'
import { Receivers } from './receivers.ts'

/** A program of this process and the place where it runs. */
interface Assembly extends Omit<Parts, 'program' | 'planner' | 'publisher' | 'listeners' | 'onRates'> {
  readonly context: StreamingContext
  /** The graph of `context`, as this process runs it. */
  readonly program: TaskProgram
  /** What outputs may touch where they are shown in this process. */
  readonly environment: (head: Head) => OutputEnvironment
  /** Where outputs are shown; in this process, with `environment`, if it is left out. */
  readonly publisher?: Parts['publisher']
}

interface OpenApp {
  readonly coordinator: Coordinator
  readonly receivers: Receivers
}

/**
 * A coordinator whose program is in its own process: planning is a function call. Throws what
 * `Coordinator.open` throws.
 */
export async function openCoordinator({
  context,
  program,
  environment,
  publisher,
  ...rest
}: Assembly): Promise<OpenApp> {
  const { host } = rest
  const { graph, listeners, sparkContext } = context
  const receivers = new Receivers(host, { graph, settings: settingsOf(sparkContext.conf), listeners })
  const coordinator = await assembled({
    ...rest,
    program: programFacts(graph, Object.fromEntries(sparkContext.conf.getAll())),
    planner: new LocalPlanner(program, host),
    publisher: publisher ?? ((head) => publishHere(graph, host, environment(head), program.staged)),
    listeners,
    onRates: (rates) => receivers.updateRates(rates),
  })
  return { coordinator, receivers }
}
