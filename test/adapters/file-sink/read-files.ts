import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'
import type { FilesManifest } from '../../../lib/adapters/index.ts'

/** Where somebody reads who knows nothing of the library but its manifests. */
export interface Shelf {
  names(below: string): Promise<string[]>
  read(name: string): Promise<Uint8Array>
}

export const shelfOf = (folder: string): Shelf => ({
  names: async (below) => (await readdir(join(folder, below)).catch(() => [])).map((name) => `${below}${name}`).sort(),
  read: (name) => readFile(join(folder, name)),
})

export const bucketShelf = (client: S3Client, bucket: string, prefix: string): Shelf => ({
  async names(below) {
    const names: string[] = []
    for (let after: string | undefined; ;) {
      const wanted = { Bucket: bucket, Prefix: prefix + below, Delimiter: '/' }
      const page = await client.send(
        new ListObjectsV2Command({ ...wanted, ...(after === undefined ? {} : { StartAfter: after }) }),
      )
      names.push(...(page.Contents ?? []).map(({ Key: key }) => key!.slice(prefix.length)))
      if (!page.IsTruncated) return names
      after = page.Contents!.at(-1)!.Key
    }
  },
  async read(name) {
    const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + name }))
    return body!.transformToByteArray()
  },
})

/** The files that manifests list, in order of batch and partition. */
export async function listedFiles(shelf: Shelf): Promise<{ name: string; bytes: Uint8Array }[]> {
  const files: { name: string; bytes: Uint8Array }[] = []
  for (const manifestName of await shelf.names('_manifest/')) {
    if (!manifestName.endsWith('.json')) continue
    const manifest = JSON.parse(Buffer.from(await shelf.read(manifestName)).toString()) as FilesManifest
    for (const { name, bytes: length } of manifest.files) {
      const bytes = await shelf.read(name)
      if (bytes.length !== length) throw new Error(`${name} has ${bytes.length} bytes, and not ${length}`)
      files.push({ name, bytes })
    }
  }
  return files
}

export function textIn({ name, bytes }: { readonly name: string; readonly bytes: Uint8Array }): string {
  const plain = name.endsWith('.gz') ? gunzipSync(bytes) : name.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes
  return Buffer.from(plain).toString()
}

export async function listedLines(shelf: Shelf): Promise<string[]> {
  return (await listedFiles(shelf)).flatMap((file) => textIn(file).split('\n').slice(0, -1))
}

/** The rows of all Parquet files that manifests list. */
export async function listedRows(shelf: Shelf): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  for (const { bytes } of await listedFiles(shelf)) rows.push(...(await rowsIn(bytes)))
  return rows
}

export const rowsIn = (bytes: Uint8Array): Promise<Record<string, unknown>[]> =>
  parquetReadObjects({
    file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
    utf8: false,
    compressors: {
      GZIP: (page) => new Uint8Array(gunzipSync(page)),
      ZSTD: (page) => new Uint8Array(zstdDecompressSync(page)),
    },
  })

/** Cells of RFC 4180; `null` for nothing between two commas. */
export function csvCells(text: string): (string | null)[][] {
  const rows: (string | null)[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    rows.at(-1)!.push(quoted === undefined ? plain || null : quoted.replaceAll('""', '"'))
    if (end === '\n') rows.push([])
  }
  return rows.slice(0, -1)
}
