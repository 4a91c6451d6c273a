import { given } from '../../model/given.ts'
import { checkedHead } from '../../checkpoint/check-head.ts'
import { decideOutput, type OutputRequest } from '../../checkpoint/decide-output.ts'
import { readManifest } from '../../checkpoint/manifest.ts'
import type { Functions } from '../../adapters/aws/lambda/functions.ts'
import { SluiceError } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'
import type { SerialisedError } from '../../model/task.ts'
import type { OutputPublisher } from '../../output/output-publisher.ts'
import { PublishPermit } from '../../output/publish-permit.ts'
import { publishHere } from '../../runtime/output/run-output.ts'
import { reviveError, serialiseError } from '../../runtime/task/serialised-error.ts'
import type { AwsHost } from './host.ts'
import type { BuiltApp } from '../program/built-program.ts'

export type OutputAnswer =
  | { readonly kind: 'shown' }
  | { readonly kind: 'marked' }
  | { readonly kind: 'failed'; readonly error: SerialisedError }

/**
 * The output function: one output of one batch per invocation, if the head says that it is committed and not marked
 * yet, or that its plan is open. Sinks are told when the invocation gives up, and stop before it is ended.
 */
export async function showOutput(
  request: OutputRequest,
  { context, program }: BuiltApp,
  host: AwsHost,
  notAfter: number,
): Promise<OutputAnswer> {
  const [abort, over] = [new AbortController(), new AbortController()]
  void host.clock.sleepUntil(notAfter, over.signal).then(() => {
    if (!over.signal.aborted) abort.abort(outOfTime(request))
  })
  try {
    const head = checkedHead(await host.head(request.app).read())?.value ?? null
    const decision = decideOutput(head, request)
    if (decision.kind === 'marked') return { kind: 'marked' }
    if (decision.kind === 'unknown') throw unknownBatch(request)
    if (head!.graph !== program.fingerprint) throw otherGraph(head!, program.fingerprint)
    const manifest = await readManifest(host.blobs, decision.manifest)
    const permit = PublishPermit[decision.when](head!, decision.manifest, manifest)
    const environment = { ...host.outputs(request, context.sparkContext), signal: abort.signal, notAfter }
    await publishHere(program.graph, host.blobs, environment).publish(permit, request.output)
    return { kind: 'shown' }
  } catch (error) {
    return { kind: 'failed', error: serialiseError(error) }
  } finally {
    over.abort()
  }
}

const outOfTime = ({ batch, output }: OutputRequest): SluiceError =>
  new SluiceError('E_SINK_UNAVAILABLE', 'The function that shows the output has no time left.', {
    where: { operator: output, batch },
    did: 'the output is owed and tried again',
    next: ['give the output function a longer timeout'],
    retry: true,
  })

/** Has outputs shown by the output function. It reads what to show from the head itself; the call only names it. */
export const publishByFunction = (
  functions: Functions,
  name: string,
  { app, inc }: Pick<Head, 'app' | 'inc'>,
  signal: AbortSignal,
): OutputPublisher => ({
  async publish({ manifest: { batch }, beforeCommit }, output) {
    const answer = (await functions.call(
      name,
      { app, inc, batch, output, ...given({ beforeCommit }) } satisfies OutputRequest,
      signal,
    )) as OutputAnswer
    if (answer.kind === 'failed') throw reviveError(answer.error)
  },
})

const unknownBatch = ({ app, batch, output }: OutputRequest): SluiceError =>
  new SluiceError(
    'E_NOT_COMMITTED',
    `Batch ${batch} of "${app}" is not committed, so there is nothing to show of "${output}".`,
    { where: { operator: output, batch }, did: 'nothing was shown', next: ['let the coordinator call this function'] },
  )

const otherGraph = ({ graph }: Head, mine: string): SluiceError =>
  new SluiceError('E_GRAPH_CHANGED', `The output function holds the graph ${mine}; the coordinator runs ${graph}.`, {
    did: 'nothing was shown',
    next: ['deploy all functions together'],
  })
