import { fingerprint } from '../../plan/fingerprint.ts'
import { TaskProgram } from '../../runtime/task/program.ts'
import { SluiceError } from '../../model/errors.ts'
import type { OperatorUid } from '../../model/ids.ts'
import { setCores } from '../../api/rdd/spark-context.ts'
import type { StreamingContext } from '../../api/dstream/streaming-context.ts'
import { validateStart } from '../../api/dstream/validate-start.ts'
import type { App } from './app.ts'
import { appFolder } from './app-folder.ts'

/** An app as a function holds it, built once and kept for as long as the function is warm. */
export interface BuiltApp {
  readonly name: string
  readonly context: StreamingContext
  readonly program: TaskProgram
}

/**
 * `slots` stands in for cores: functions differ in size, and all must cut the same partitions. `receives`: the source
 * that receives in this process; others do elsewhere. Throws what the definition throws, and `E_RECEIVER_PLACE` for a
 * source that can only receive where batches are planned.
 */
export function builtApp(app: App, slots: number, receives: OperatorUid | null = null): BuiltApp {
  setCores(slots)
  const context = app.build()
  validateStart(context)
  for (const { uid, source, place } of context.graph.inputs) {
    if (!source.receiver || uid === receives) continue
    if (!source.receiver.receivesElsewhere) throw receiverPlace(uid, place)
    source.receiver.receivesElsewhere()
  }
  context.graph.state = 'ACTIVE'
  context.sparkContext.overwriteOutput = true
  return {
    name: appFolder(app.name),
    context,
    program: new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph)),
  }
}

const receiverPlace = (operator: string, place: string): SluiceError =>
  new SluiceError(
    'E_RECEIVER_PLACE',
    `The source "${operator}" receives on its own, which needs a process that stays.`,
    {
      where: { operator, place },
      did: 'nothing was started',
      next: ['use a source that is read, such as s3TextFiles', 'run the program in a process of its own: sluice run'],
    },
  )
