import { SluiceError } from '../../model/errors.ts'
import { checkSettings } from '../../model/settings/check.ts'
import { readSetting } from '../../model/settings/read.ts'
import { checkpointMsOf } from '../../graph/remember.ts'
import { refuseLoops } from '../../graph/refuse-loops.ts'
import { refuseSharedPlaces } from '../../graph/refuse-shared-places.ts'
import type { StreamingContext } from './streaming-context.ts'

/** What must hold before the first batch (parity A7.5, A.8); also gives every operator its uid. */
export function validateStart(context: StreamingContext): void {
  const { graph, sparkContext } = context
  checkSettings(sparkContext.conf.getAll())
  if (graph.outputs.length === 0) throw noOutput(context)
  graph.assignUids()
  if (graph.outputs.some(({ output }) => output.order === 'before')) validateBefore(context)
  refuseLoops(graph)
  refuseSharedPlaces(graph)
  for (const node of graph.reachable()) {
    const checkpointMs = checkpointMsOf(node)
    if (checkpointMs === null) continue
    if (!context.checkpointDir && !context.hosted) throw noCheckpointDir(node.place)
    if (checkpointMs % node.slideMs !== 0) throw badInterval(node.place, checkpointMs, node.slideMs)
  }
}

/** What is shown before its commit must come out the same when the batch runs again: the same records, all of them. */
function validateBefore({ graph, sparkContext }: StreamingContext): void {
  const { place } = graph.outputs.find(({ output }) => output.order === 'before')!
  const unrecoverable = graph.inputs.find(({ source }) => source.unrecoverable !== undefined)
  const refused = (why: string, way: string): SluiceError =>
    new SluiceError('E_OUTPUT_ORDER', `An output cannot be shown before its commit ${why}.`, {
      where: { place },
      did: 'nothing was started',
      next: [way, "leave out { order: 'before' }"],
    })
  if (unrecoverable)
    throw refused(
      `where the records of ${unrecoverable.name ?? unrecoverable.operator} cannot be read again after a crash`,
      'use a source that can be read again',
    )
  if (readSetting(sparkContext.conf, 'sluice.onError') === 'dead-letter')
    throw refused('where records may be set aside', "leave out onError: 'dead-letter'")
}

function noOutput(context: StreamingContext): SluiceError {
  const nowhere = context.graph.nodes.map((node) => node.name ?? node.operator)
  return new SluiceError('E_NO_OUTPUT', 'No output operations registered, so nothing to execute.', {
    where: {
      place: context.graph.nodes[0]?.place,
      detail: nowhere.length === 0 ? 'the program defines no stream' : `these lead nowhere: ${nowhere.join(', ')}`,
    },
    did: 'nothing was started',
    spark: 'IllegalArgumentException',
    next: ['end a stream with .print() or .output(sink)'],
  })
}

const noCheckpointDir = (place: string): SluiceError =>
  new SluiceError(
    'E_CHECKPOINT_DIR',
    'The checkpoint directory has not been set. Please set it by StreamingContext.checkpoint().',
    {
      where: { place },
      did: 'nothing was started',
      spark: 'IllegalArgumentException',
      next: ["add ssc.checkpoint('checkpoint') before start()", 'or run with --dir'],
    },
  )

const badInterval = (place: string, checkpointMs: number, slideMs: number): SluiceError =>
  new SluiceError(
    'E_CHECKPOINT_INTERVAL',
    `The checkpoint interval of ${checkpointMs} ms must be a multiple of the slide of ${slideMs} ms and not smaller.`,
    {
      where: { place },
      did: 'nothing was started',
      spark: 'IllegalArgumentException',
      next: [`use ${slideMs * 5} ms or ${slideMs * 10} ms`],
    },
  )
