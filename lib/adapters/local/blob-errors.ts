import { SluiceError } from '../../model/errors.ts'

export const blobExists = (key: string): SluiceError =>
  new SluiceError('E_BLOB_EXISTS', `"${key}" is written already.`, {
    where: { detail: key },
    did: 'the object that was there is unchanged',
    next: ['names hold the run that writes them, so two writers never meet: check that no run is reused'],
  })

export const blobMissing = (key: string, cause?: unknown): SluiceError =>
  new SluiceError('E_BLOB_MISSING', `There is no object "${key}".`, {
    where: { detail: key },
    next: [
      'check whether retention has passed the batch that wrote it',
      'check that reader and writer use the same store',
    ],
    cause,
  })

export const blobRange = (key: string, offset: number, length: number, size: number): SluiceError =>
  new SluiceError('E_BLOB_RANGE', `"${key}" has ${size} bytes; ${length} from ${offset} were asked for.`, {
    where: { detail: key, offset },
    next: ['the reference does not belong to this object: check who made it'],
  })

/** Whether `size` bytes hold `length` bytes from `offset`. */
export const inRange = (offset: number, length: number, size: number): boolean =>
  Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0 && offset + length <= size
