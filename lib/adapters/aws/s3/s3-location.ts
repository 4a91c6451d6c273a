import { SluiceError } from '../../../model/errors.ts'

interface S3Location {
  readonly bucket: string
  readonly key: string
}

/** `s3://bucket/key` in parts. Throws `E_S3_URL`. */
export function s3Location(url: string): S3Location {
  const match = /^s3a?:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(url)
  if (match) return { bucket: match[1]!, key: match[2] ?? '' }
  throw new SluiceError('E_S3_URL', `${JSON.stringify(url)} is not a place in S3.`, {
    did: 'nothing was started',
    next: ['write it as s3://bucket/prefix'],
  })
}

/** The same for a directory: its key is empty or ends in `/`. */
export function s3Directory(url: string): S3Location {
  const { bucket, key } = s3Location(url)
  return { bucket, key: key === '' || key.endsWith('/') ? key : `${key}/` }
}

/** The address of an object. */
export const pathOf = (bucket: string, key: string): string => `s3://${bucket}/${key}`
