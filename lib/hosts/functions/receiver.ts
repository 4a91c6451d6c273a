import type { Environment } from '../../adapters/aws/clients.ts'
import { installSourceFactories } from '../../api/dstream/source-factories.ts'
import type { SourceNode } from '../../graph/stream-node.ts'
import { badVariable, readVariable } from '../../model/settings/read-variable.ts'
import { type AwsHost, awsHost } from '../lambda/host.ts'
import type { InvocationContext } from '../lambda/invocation.ts'
import type { App } from '../program/app.ts'
import { type BuiltApp, builtApp } from '../program/built-program.ts'
import { type ReceiverAnswer, receiverLife } from './receiver-life.ts'
import { receiverSources } from './receiver-sources.ts'

export type { ReceiverAnswer } from './receiver-life.ts'

/**
 * For the function of one receiver, which a schedule invokes once a minute: receives for nearly as long as the function
 * may take, and stores what it receives in blocks, which the next batch finds. `SLUICE_RECEIVER` names the source. One
 * that finds another life at work ends at once, or waits where that is about to end.
 */
export function receiverHandler(
  app: App,
  environment: Environment = process.env,
): (event: unknown, context: InvocationContext) => Promise<ReceiverAnswer> {
  let warm: Warm | null = null
  return async (_event, context) => {
    const { built, node, host } = (warm ??= warmed(app, environment))
    const now = host.clock.now()
    const remainingMs = context.getRemainingTimeInMillis()
    return receiverLife(built, node, host, {
      holder: `lambda:${context.awsRequestId}`,
      // Time to store what it still holds.
      stopAt: now + Math.max(0.5 * remainingMs, remainingMs - STOP_MS),
      deadline: now + remainingMs,
    })
  }
}

const STOP_MS = 20_000

interface Warm {
  readonly built: BuiltApp
  readonly node: SourceNode
  readonly host: AwsHost
}

/** Throws what the definition throws, and `E_AWS_SETTING` for a source that the program does not have. */
function warmed(app: App, environment: Environment): Warm {
  installSourceFactories(receiverSources)
  const host = awsHost(environment)
  const uid = readVariable(environment, 'SLUICE_RECEIVER')
  const built = builtApp(app, host.settings.slots, uid)
  const node = built.context.graph.inputs.find((input) => input.uid === uid)
  if (!node?.source.receiver) throw badVariable('SLUICE_RECEIVER', 'names no source of the program that receives')
  return { built, node, host }
}
