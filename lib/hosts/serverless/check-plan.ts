import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AwsClients } from '../../adapters/aws/clients.ts'
import { SluiceError } from '../../model/errors.ts'
import { ownModule } from '../../model/library.ts'
import { BUILD_FOLDER } from './bundle.ts'
import type { StagePlace } from './place.ts'

/** Who calls, as a process of one's own is told. */
type Credentials = Readonly<Record<string, string>>

/**
 * `sluice plan` for a stage, in a process of its own: it loads the program, which may do what it likes. Throws
 * `E_STATE_ORPHANED` when it refuses; it has said why then.
 */
export async function checkPlan(folder: string, place: StagePlace, credentials: Credentials): Promise<void> {
  const file = join(folder, BUILD_FOLDER, 'place.json')
  await writeFile(file, JSON.stringify(place))
  const bin = fileURLToPath(ownModule('cli/bin'))
  const child = spawn(process.execPath, [bin, 'plan', '--stage', place.stage, '--at', file], {
    cwd: folder,
    env: { ...process.env, ...credentials },
    stdio: ['ignore', 2, 2],
  })
  const [status] = (await once(child, 'close')) as [number | null]
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
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
  }
}
