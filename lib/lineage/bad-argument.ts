import { SluiceError } from '../model/errors.ts'
import { callerPlace } from '../model/place.ts'

/** An argument that no RDD operation can work with: nothing has run yet. */
export const badArgument = (message: string, ...next: string[]): SluiceError =>
  new SluiceError('E_ARGUMENT', message, {
    where: { place: callerPlace() },
    did: 'nothing was run',
    next,
    spark: 'IllegalArgumentException',
  })
