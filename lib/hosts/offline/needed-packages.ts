import { SluiceError } from '../../model/errors.ts'
import { installed } from '../../model/installed.ts'

/** What runs a stage on this machine: none of it is needed for anything else, so nobody else need have it. */
const NEEDED = [
  'esbuild',
  'fauxqs',
  'dynalite',
  '@aws-sdk/client-dynamodb',
  '@aws-sdk/client-lambda',
  '@aws-sdk/client-s3',
  '@aws-sdk/client-sqs',
] as const

/** What `load` imports. Throws `E_AWS_PACKAGE`, which names everything that is to be installed at once. */
export const neededPackage = <M>(load: () => Promise<M>): Promise<M> => installed(load, notInstalled)

/** Throws `E_AWS_PACKAGE` unless all of it is there. */
export async function checkPackages(): Promise<void> {
  for (const name of NEEDED) await neededPackage(async () => void import.meta.resolve(name))
}

const notInstalled = (cause: unknown): SluiceError =>
  new SluiceError('E_AWS_PACKAGE', 'What emulates AWS on this machine is not installed.', {
    did: 'nothing was started',
    next: [`npm install --save-dev ${NEEDED.join(' ')}`],
    cause,
  })
