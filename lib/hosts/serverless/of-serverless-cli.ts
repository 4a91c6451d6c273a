import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { SluiceError } from '../../model/errors.ts'

/** A package that the Serverless CLI, in whose process this runs, has for itself. Throws `E_AWS_PACKAGE`. */
export function ofServerlessCli<T>(name: string): T {
  try {
    return createRequire(realpathSync(process.argv[1]!))(name) as T
  } catch (cause) {
    throw new SluiceError('E_AWS_PACKAGE', `The Serverless CLI has no ${name}.`, {
      did: 'nothing was changed',
      next: ['npm install --save-dev osls@4'],
      cause,
    })
  }
}
