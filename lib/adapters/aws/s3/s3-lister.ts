import type { FileLister } from '../../../source/file-cut.ts'
import type { ListedFile } from '../../../source/file-selection.ts'
import type { AwsClients } from '../clients.ts'
import { listed } from './s3-listing.ts'
import { s3Directory } from './s3-location.ts'

/**
 * The objects directly below a prefix. Every batch lists all of them: move or expire what is done, or give each period
 * a prefix of its own.
 */
export const s3Lister = (clients: () => AwsClients): FileLister => ({
  async list(directory) {
    const { bucket, key: prefix } = s3Directory(directory)
    const s3 = await clients().s3()
    const files: ListedFile[] = []
    let date: string | undefined
    try {
      const wanted = { Bucket: bucket, Prefix: prefix, Delimiter: '/' }
      const objects = listed(s3, wanted, (headers) => (date ??= headers['date']))
      for await (const { Key: key, LastModified: modified, Size: size, ETag: etag } of objects) {
        // Consoles keep "folders" as empty objects whose key ends in a slash.
        if (!key!.endsWith('/'))
          files.push({ path: `s3://${bucket}/${key}`, mtimeMs: modified!.getTime(), size: size!, etag: etag! })
      }
      const clockMs = date === undefined ? NaN : Date.parse(date)
      return { files, ...(Number.isNaN(clockMs) ? {} : { clockMs }) }
    } catch (error) {
      if (error instanceof s3.sdk.NoSuchBucket) return null
      throw error
    }
  },
})
