import { systemCode } from '../../../model/system-code.ts'
import { SluiceError } from '../../../model/errors.ts'
import type { FileSplit } from '../../../source/file-splits.ts'
import type { S3 } from '../clients.ts'
import { statusOf } from '../service-error.ts'
import { inputError } from './s3-errors.ts'
import { s3Location } from './s3-location.ts'

/** So often in a row an answer may break off without another byte having arrived. */
const BREAKS_MAX = 3

/**
 * The bytes from `from` up to `to` of an object, as they arrive; always of the very object that was listed. An answer
 * that breaks off is asked for again from where it stopped. Throws `E_FILE_CHANGED` and `E_FILE_GONE`.
 */
export async function* bytesOf(s3: S3, object: FileSplit, from: number, to: number): AsyncGenerator<Uint8Array> {
  for (let at = from, breaks = 0; at < to;) {
    const before = at
    try {
      for await (const piece of answerTo(s3, object, at, to)) {
        at += piece.length
        yield piece
      }
      if (at < to) throw shorter(object, at, to)
    } catch (error) {
      breaks = at > before ? 0 : breaks + 1
      if (!isBreak(error) || breaks > BREAKS_MAX) throw error
    }
  }
}

async function* answerTo({ client, sdk }: S3, object: FileSplit, from: number, to: number): AsyncGenerator<Uint8Array> {
  const { bucket, key } = s3Location(object.path)
  const range = { Range: `bytes=${from}-${to - 1}`, IfMatch: object.etag }
  const { Body: body } = await client
    .send(new sdk.GetObjectCommand({ Bucket: bucket, Key: key, ...range }))
    .catch((error: unknown) => {
      throw inputError(object, error)
    })
  yield* body as unknown as AsyncIterable<Uint8Array>
}

/** The connection, not the service: what the service says, its client has repeated already. */
const isBreak = (error: unknown): boolean =>
  !(error instanceof SluiceError) && statusOf(error) === null && systemCode(error) !== undefined

const shorter = ({ path }: FileSplit, at: number, to: number): SluiceError =>
  new SluiceError('E_FILE_CHANGED', `${path} ended at byte ${at} of ${to}.`, {
    where: { offset: at, detail: path },
    did: 'the batch was not completed and is tried again',
    retry: true,
  })
