import { SluiceError } from '../model/errors.ts'

/** A command line that cannot be meant: exit code 2, nothing was touched. */
export const usageError = (message: string, ...next: string[]): SluiceError =>
  new SluiceError('E_USAGE', message, { did: 'nothing was run', next })
