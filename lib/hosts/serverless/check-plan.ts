import { given } from '../../model/given.ts'
import type { AwsClients } from '../../adapters/aws/clients.ts'
import { SluiceError } from '../../model/errors.ts'
import type { StagePlace } from './place.ts'
import { runPlan } from './run-plan.ts'

/** Who calls, as a process of one's own is told. */
type Credentials = Readonly<Record<string, string>>

/**
 * `sluice plan` for a stage. Throws `E_STATE_ORPHANED` when it refuses; it has said why then.
 */
export async function checkPlan(folder: string, place: StagePlace, credentials: Credentials): Promise<void> {
  const status = await runPlan(folder, place, [], credentials)
  if (status === 0) return
  throw new SluiceError(
    'E_STATE_ORPHANED',
    'The program does not go on from what is stored, or could not be compared.',
    {
      did: 'nothing was deployed',
      next: [`npx sluice plan --stage ${place.stage}`],
    },
  )
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
