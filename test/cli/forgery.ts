import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { crc32 } from 'node:zlib'
import { chained, decodeRecord, encodeRecord, type HeadRecord, judge } from '../../lib/adapters/local/head-record.ts'
import type { Head } from '../../lib/model/head.ts'
import type { Manifest } from '../../lib/model/manifest.ts'
import type { BlobRef } from '../../lib/model/refs.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'

interface ForgedWrite {
  rev: number
  cause: string
  writer: string
  head: Mutable<Head>
}

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? Mutable<E>[] : T[K] extends object | null ? any : T[K]
}

/**
 * A copy of what a run has written, in the hands of somebody who can change all of it and knows how checksums are made.
 */
export class Forgery {
  readonly folder: string
  readonly writes: ForgedWrite[]
  readonly #opening: HeadRecord

  private constructor(folder: string) {
    this.folder = folder
    const records = readFileSync(this.log)
      .toString('latin1')
      .split('\n')
      .flatMap((line) => decodeRecord(Buffer.from(line, 'latin1')) ?? [])
    this.#opening = records[0]
    this.writes = records
      .slice(1)
      .map(({ rev, cause, writer, text }) => ({ rev, cause, writer, head: JSON.parse(text) as Mutable<Head> }))
  }

  static async of(t: TestContext, original: string): Promise<Forgery> {
    const folder = await temporaryFolder(t)
    cpSync(original, folder, { recursive: true })
    return new Forgery(folder)
  }

  get log(): string {
    return join(this.folder, 'head-1.log')
  }

  /** The n-th write of a cause, from 1 on. */
  write(cause: string, n: number): ForgedWrite {
    return this.writes.filter((each) => each.cause === cause)[n - 1]
  }

  manifest(batch: number): Manifest {
    return JSON.parse(Buffer.from(this.bytes(this.refOf(batch))).toString()) as Manifest
  }
  refOf(batch: number): BlobRef {
    return this.write('commit', batch).head.manifest as BlobRef
  }
  bytes(ref: BlobRef): Uint8Array {
    if (ref.inline !== undefined) return Buffer.from(ref.inline, 'base64')
    const bytes = readFileSync(this.path(ref))
    return ref.at === undefined ? bytes : bytes.subarray(ref.at, ref.at + ref.len)
  }
  path({ key }: BlobRef): string {
    return join(this.folder, 'blobs', key)
  }

  /** An object with these bytes, and a reference that fits it. */
  put(ref: BlobRef, bytes: Uint8Array): BlobRef {
    // One that lay together with others has an object of its own.
    const key = ref.at === undefined ? ref.key : `${ref.key}.${ref.at}`
    const forged = { key, len: bytes.length, crc: crc32(bytes) }
    if (ref.inline !== undefined) return { ...forged, inline: Buffer.from(bytes).toString('base64') }
    mkdirSync(dirname(this.path(forged)), { recursive: true })
    writeFileSync(this.path(forged), bytes)
    return forged
  }

  /** Another manifest for a batch, in every head that names it. */
  remake(batch: number, change: (manifest: any) => unknown): void {
    const manifest = this.manifest(batch)
    change(manifest)
    this.rename(batch, this.put(this.refOf(batch), Buffer.from(JSON.stringify(manifest))))
  }

  rename(batch: number, forged: BlobRef): void {
    const { key } = this.refOf(batch)
    for (const { head } of this.writes) {
      if (head.manifest?.key === key) head.manifest = forged
      for (const owed of head.owed) if (owed.manifest.key === key) owed.manifest = forged
    }
  }

  /** Writes the log anew: revisions as they stand, all checksums right. */
  save(): string {
    const records = [this.#opening]
    let tip = this.#opening
    for (const { rev, cause, writer, head } of this.writes) {
      const record = chained(tip, { kind: 'write', rev, cause, writer, text: JSON.stringify(head) })
      records.push(record)
      if (judge(tip, record) === 'wins') tip = record
    }
    writeFileSync(this.log, Buffer.concat(records.map((record) => encodeRecord(record))))
    return this.folder
  }

  /** Revisions one after the other, as a forger would number them. */
  renumber(): this {
    this.writes.forEach((write, i) => {
      write.rev = i + 1
    })
    return this
  }
}

export const isStored = (folder: string, { key }: BlobRef): boolean => existsSync(join(folder, 'blobs', key))
