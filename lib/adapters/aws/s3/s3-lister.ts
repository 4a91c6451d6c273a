import type { FileLister, Listing } from '../../../source/file-cut.ts'
import type { ListedFile } from '../../../source/file-selection.ts'
import type { Arrivals } from '../../../source/unseen-files.ts'
import type { AwsClients } from '../clients.ts'
import { pagesOf } from './s3-listing.ts'
import { pathOf, s3Directory, s3Location } from './s3-location.ts'

/** The objects below a prefix: directly, or however deep (`recursive`). `arrivals` tells of new ones. */
export const s3Lister = (clients: () => AwsClients, recursive: boolean, arrivals: Arrivals | null): FileLister => ({
  forgets: true,
  ...(arrivals ? { arrivals } : {}),
  async *pages(directory, after) {
    const { bucket, key: prefix } = s3Directory(directory)
    const s3 = await clients().s3()
    const wanted = {
      Bucket: bucket,
      Prefix: prefix,
      ...(recursive ? {} : { Delimiter: '/' }),
      ...(after === '' ? {} : { StartAfter: s3Location(after).key }),
    }
    let date: string | undefined
    try {
      for await (const { objects, last, more } of pagesOf(s3, wanted, (headers) => (date = headers['date']))) {
        const clockMs = date === undefined ? NaN : Date.parse(date)
        yield {
          files: objects.flatMap(({ Key: key, LastModified: modified, Size: size, ETag: etag }): ListedFile[] =>
            // Consoles keep "folders" as empty objects whose key ends in a slash.
            key!.endsWith('/')
              ? []
              : [{ path: pathOf(bucket, key!), mtimeMs: modified!.getTime(), size: size!, etag: etag! }],
          ),
          more,
          ...(last === undefined ? {} : { last: pathOf(bucket, last) }),
          ...(Number.isNaN(clockMs) ? {} : { clockMs }),
        } satisfies Listing
      }
    } catch (error) {
      if (!(error instanceof s3.sdk.NoSuchBucket)) throw error
    }
  },
})
