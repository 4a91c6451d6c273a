import { SluiceError } from '../../model/errors.ts'

/** Throws `E_ARGUMENT` for what is no port. */
export function checkPort(port: number): number {
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port
  throw new SluiceError('E_ARGUMENT', `${String(port)} is not a port: a whole number from 1 to 65535.`, {
    did: 'nothing was started',
    spark: 'IllegalArgumentException',
    next: ['pass the port as a number, for example Number(process.argv[3])'],
  })
}
