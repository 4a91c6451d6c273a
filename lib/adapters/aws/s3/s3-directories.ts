import { checkOwner, type DirectoryWriter, successOf } from '../../../output/directory-writer.ts'
import type { AwsClients } from '../clients.ts'
import { listed } from './s3-listing.ts'
import { s3Directory } from './s3-location.ts'

/**
 * Part objects below `s3://bucket/prefix/`, then `_SUCCESS`. Written again, it replaces them and removes what an
 * earlier attempt left besides.
 */
export const s3Directories = (clients: AwsClients): DirectoryWriter => ({
  async write(path, parts, owner) {
    const { bucket, key: prefix } = s3Directory(path)
    const s3 = await clients.s3()
    const wanted = new Set([...parts.map(({ name }) => prefix + name), `${prefix}_SUCCESS`])
    for await (const { Key: key, Size: size } of listed(s3, { Bucket: bucket, Prefix: prefix })) {
      if (key === `${prefix}_SUCCESS` && size! > 0) {
        const { Body: body } = await s3.client.send(new s3.sdk.GetObjectCommand({ Bucket: bucket, Key: key }))
        checkOwner(path, (await body?.transformToString()) ?? '', owner)
      }
    }
    for await (const { Key: key } of listed(s3, { Bucket: bucket, Prefix: prefix })) {
      if (!wanted.has(key!)) await s3.client.send(new s3.sdk.DeleteObjectCommand({ Bucket: bucket, Key: key! }))
    }
    for (const { name, bytes } of [...parts, { name: '_SUCCESS', bytes: successOf(owner) }]) {
      await s3.client.send(new s3.sdk.PutObjectCommand({ Bucket: bucket, Key: prefix + name, Body: bytes }))
    }
  },
})
