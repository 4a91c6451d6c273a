import { hasCode, messageOf, SluiceError } from '../../model/errors.ts'
import type { AwsClients } from './clients.ts'
import { statusOf } from './service-error.ts'

/**
 * Which region is meant, once it is known that there are credentials; nothing is sent. Throws `E_AWS_ACCESS`, with what
 * to type.
 */
export async function assertAccess(clients: AwsClients): Promise<{ readonly region: string }> {
  try {
    const { client } = await clients.dynamoReads()
    return { region: await client.config.region() }
  } catch (error) {
    throw hasCode(error, 'E_AWS_SETTING') ? noAccess(error.message, error.next) : error
  }
}

/** What a service answered to somebody at a terminal: it refuses, or there is no reaching it. */
export function accessError(what: string, error: unknown): unknown {
  if (error instanceof SluiceError && !hasAnswer(error.cause)) return error
  const status = statusOf(error instanceof SluiceError ? error.cause : error)
  if (status === null)
    return noAccess(`${what} does not answer: ${messageOf(error)}`, [
      'check the network, AWS_REGION and AWS_ENDPOINT_URL',
    ])
  if (status !== 400 && status !== 401 && status !== 403) return error
  return noAccess(`${what} refuses: ${messageOf(error)}`, ['check who calls: aws sts get-caller-identity'])
}

const hasAnswer = (cause: unknown): boolean => cause !== undefined && statusOf(cause) !== null

const noAccess = (message: string, next: readonly string[]): SluiceError =>
  new SluiceError('E_AWS_ACCESS', message, { did: 'nothing was changed', next })
