import { SluiceError } from '../../../model/errors.ts'
import type { FileSplit } from '../../../source/file-splits.ts'
import { isCalled, statusOf } from '../service-error.ts'

export const blobExists = (key: string): SluiceError =>
  new SluiceError('E_BLOB_EXISTS', `"${key}" is written already, with other content.`, {
    where: { detail: key },
    did: 'the object that was there is unchanged',
    next: ['names hold the run that writes them, so two writers never meet: check that no run is reused'],
  })

export const blobMissing = (key: string, bucket: string, cause: unknown): SluiceError =>
  new SluiceError('E_BLOB_MISSING', missing(key, bucket, cause), {
    where: { detail: key },
    next: [
      'check that no lifecycle rule of the bucket deletes objects of the app',
      'check whether retention has passed the batch that wrote it',
    ],
    cause,
  })

const missing = (key: string, bucket: string, cause: unknown): string =>
  isCalled(cause, 'NoSuchBucket')
    ? `There is no bucket ${bucket}, which is to hold "${key}".`
    : `There is no object "${key}" in the bucket ${bucket}.`

export const blobRange = (key: string, offset: number, length: number): SluiceError =>
  new SluiceError('E_BLOB_RANGE', `"${key}" is shorter than ${length} bytes from ${offset}.`, {
    where: { detail: key, offset },
    next: ['the reference does not belong to this object: check who made it'],
  })

/** What went wrong with an input object after its batch was made. */
export function inputError({ path }: FileSplit, error: unknown): unknown {
  const did = 'the batch was not completed and is tried again'
  if (statusOf(error) === 404)
    return new SluiceError('E_FILE_GONE', `${path} was there when the batch was made and is gone.`, {
      where: { detail: path },
      did,
      next: ['put the object back with the same content', 'keep input until its batch is committed'],
      retry: true,
      cause: error,
    })
  if (statusOf(error) === 412)
    return new SluiceError('E_FILE_CHANGED', `${path} was overwritten after the batch was made.`, {
      where: { detail: path },
      did,
      next: ['put the object back as it was', 'write new data to new names'],
      retry: true,
      cause: error,
    })
  return error
}
