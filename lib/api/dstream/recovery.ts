import { resolve } from 'node:path'
import { SluiceError } from '../../model/errors.ts'
import { checkpoints } from './engine.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import { badArgument, needsFlag, needsFunction, needsText } from '../../lineage/bad-argument.ts'
import { kindOf } from '../../model/settled.ts'
import { SparkConf, type SparkConfLike } from '../../model/spark-conf.ts'
import { SparkContext } from '../rdd/spark-context.ts'
import type { ContextOptions, StreamingContext } from './streaming-context.ts'

/** Graphs that this process has run, by checkpoint directory: they can go on without being defined again. */
const graphs = new Map<string, StreamGraph>()

export const rememberGraph = (directory: string, graph: StreamGraph): void => {
  graphs.set(resolve(directory), graph)
}

/** Settings that belong to the process and not to the program: the new process says what they are (parity D.2). */
const OF_THE_PROCESS = new RegExp(
  String.raw`^spark\.(master|ui\.port|driver\.(host|port|bindAddress)|blockManager\.port|driver\.blockManager\.port` +
    String.raw`|yarn\.|kubernetes\.|app\.id)`,
)

/** The settings of a program that goes on. @testing Judged by itself. */
export const restoredConf = (
  stored: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>>,
): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(stored).filter(([setting]) => !OF_THE_PROCESS.test(setting))),
  ...Object.fromEntries(Object.entries(defaults).filter(([setting]) => OF_THE_PROCESS.test(setting))),
  ...(defaults['spark.master'] === undefined && stored['spark.master'] !== undefined
    ? { 'spark.master': stored['spark.master'] }
    : {}),
})

type NewContext = (spark: SparkContext | SparkConf, batchMs: number, options: ContextOptions) => StreamingContext

export async function recoverOrCreate(
  newContext: NewContext,
  directory: string,
  create: () => StreamingContext,
  conf: SparkConfLike | undefined,
  createOnError: boolean,
): Promise<StreamingContext> {
  needsText(directory, 'getOrCreate', 'a directory')
  needsFunction(create, 'getOrCreate')
  needsFlag(createOnError, 'getOrCreate', 'createOnError')
  let stored
  try {
    stored = await checkpoints().read(directory)
  } catch (error) {
    if (createOnError) return created(create)
    throw error
  }
  if (!stored) return created(create)
  const graph = graphs.get(resolve(directory))
  const context = graph ? again(newContext, graph, directory, stored.conf, conf) : await created(create)
  context.recovers = true
  context.checkpoint(directory)
  assertRecoverable(context)
  return context
}

/** Also where it answers with a promise, which would only be noticed when there is something to go on from. */
export async function created(
  create: () => StreamingContext | PromiseLike<StreamingContext>,
): Promise<StreamingContext> {
  needsFunction(create, 'getActiveOrCreate')
  const context = await create()
  if (typeof (context as StreamingContext | null)?.getState === 'function') return context
  throw badArgument(`The function that creates a StreamingContext returned ${kindOf(context)}.`, 'return the context')
}

function again(
  newContext: NewContext,
  graph: StreamGraph,
  directory: string,
  stored: Readonly<Record<string, string>>,
  conf: SparkConfLike | undefined,
): StreamingContext {
  const defaults = conf ? Object.fromEntries(SparkConf.from(conf).getAll()) : {}
  const spark = SparkContext.getActive() ?? new SparkConf(restoredConf(stored, defaults))
  const context = newContext(spark, graph.batchMs, { graph: graph.again() })
  context.checkpoint(directory)
  return context
}

function assertRecoverable(context: StreamingContext): void {
  for (const input of context.graph.inputs) {
    if (!input.source.unrecoverable) continue
    throw new SluiceError('E_UNRECOVERABLE', input.source.unrecoverable, {
      where: { operator: input.name ?? input.operator, place: input.place },
      did: 'nothing was started; the checkpoint is kept',
      spark: 'SparkException',
      next: ['use a source that can be read again'],
    })
  }
}
