import { given } from '../../model/given.ts'
import type { AwsClients } from '../../adapters/aws/clients.ts'
import { SluiceError } from '../../model/errors.ts'
import type { StagePlace } from './place.ts'
import { runPlan } from './run-plan.ts'

/** Who calls, as a process of one's own is told. */
type Credentials = Readonly<Record<string, string>>

/**
 * `sluice plan` for a stage, which has said why where this throws: `E_STATE_ORPHANED` when it refuses, `E_AWS_ACCESS`
 * and `E_USAGE` when it could not compare.
 */
export async function checkPlan(folder: string, place: StagePlace, credentials: Credentials): Promise<void> {
  const status = await runPlan(folder, place, [], credentials)
  if (status === 0) return
  const next = [`npx sluice plan --stage ${place.stage}`]
  if (status === 1)
    throw new SluiceError('E_STATE_ORPHANED', 'The program does not go on from what is stored: see above.', {
      did: 'nothing was deployed',
      next,
    })
  const code = status === 5 ? 'E_AWS_ACCESS' : 'E_USAGE'
  throw new SluiceError(code, 'The program could not be compared with what is stored: see above.', {
    did: 'nothing was deployed',
    next,
  })
}

export async function credentialsOf(clients: AwsClients): Promise<Credentials> {
  const { client } = await clients.s3()
  const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials()
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...given({ AWS_SESSION_TOKEN: sessionToken }),
  }
}
