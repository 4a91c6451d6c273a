import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { jsonText } from '../../codec/json-text.ts'
import { SluiceError } from '../../model/errors.ts'
import { localPlace } from '../../codec/location.ts'
import { checkSettled } from '../../model/settled.ts'
import { BUNDLED, type Delivery, type OutputSink } from '../../output/sink.ts'

/** What `files` takes. */
export interface FilesOptions<T> {
  /**
   * `text`: each string, number, boolean or bigint as a line. `ndjson`: each record as a line of JSON. Or a function
   * that makes the line, without its end.
   */
  readonly format: 'text' | 'ndjson' | ((record: T) => string)
  /** What file names begin with (default `part`). */
  readonly name?: string
}

/** What `_manifest/<…>.json` holds: the files of one batch. A batch without records lists none. */
export interface FilesManifest {
  /** Name of the app. */
  readonly app: string
  /** Incarnation of the app. */
  readonly inc: string
  /** Name of the output. */
  readonly sink: string
  /** Number of the batch. */
  readonly batch: number
  /** Batch time in ms since the epoch. */
  readonly timeMs: number
  /** How many partitions the batch has, empty ones included. */
  readonly partitions: number
  /** Its files: name below the folder, partition, and length in bytes. */
  readonly files: readonly { readonly name: string; readonly partition: number; readonly bytes: number }[]
}

/**
 * One file per batch and partition below the folder `target`, and when all are there one file in `_manifest` that lists
 * them: exactly once, and a batch whole or not at all, for readers that go by the manifests. File names follow from app
 * incarnation, batch and partition, and the bytes were fixed by the commit, so writing again changes nothing. Files
 * appear whole; `_temporary` holds what is being written. A folder belongs to one output. Throws `E_SINK_NAME` and
 * `E_PLACE` here; writing throws `E_SINK_VALUE` and `E_SINK_TAKEN`.
 */
export function files<T>(target: string, { format, name = 'part' }: FilesOptions<T>): OutputSink<T, 'exactly-once'> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(name)) {
    throw new SluiceError('E_SINK_NAME', `${JSON.stringify(name)} cannot begin the name of a file.`, {
      did: 'nothing was written',
      next: ['use letters, digits, dots, hyphens and underscores'],
    })
  }
  const path = localPlace(target, `stream.saveAsTextFiles(${JSON.stringify(target)}) writes to S3`)
  const folder = new Folder(path)
  const lineOf = typeof format === 'function' ? format : format === 'text' ? textLine : jsonText
  const extension = format === 'ndjson' ? 'ndjson' : 'txt'
  const fileName = (inc: string, batch: number, partition: number): string =>
    `${name}-${safe(inc)}-${padded(batch, 10)}-${padded(partition, 5)}.${extension}`
  return {
    name: 'files',
    guarantee: 'exactly-once',
    folders: [path, join(path, '_manifest')],
    [BUNDLED]: true,
    async write(records, delivery) {
      const lines = records.map((record) => `${checkedLine(lineOf(record), delivery)}\n`)
      delivery.signal?.throwIfAborted()
      await folder.claim(delivery)
      await folder.place(fileName(delivery.inc, delivery.batch, delivery.partition), Buffer.from(lines.join('')))
    },
    async finish(batch) {
      await folder.claim(batch)
      const names = Array.from({ length: batch.partitions }, (_, partition) => ({
        partition,
        name: fileName(batch.inc, batch.batch, partition),
      }))
      const { app, inc, sink, timeMs, partitions } = batch
      const manifest: FilesManifest = {
        app,
        inc,
        sink,
        batch: batch.batch,
        timeMs,
        partitions,
        files: await folder.present(names),
      }
      await folder.place(
        join('_manifest', `${padded(batch.batch, 10)}-${safe(inc)}.json`),
        Buffer.from(`${JSON.stringify(manifest)}\n`),
      )
    },
  }
}

type Owner = Pick<Delivery, 'app' | 'sink'>

/** `null` for what somebody else may have put there. */
function ownerIn(text: string): Owner | null {
  try {
    const { app, sink } = JSON.parse(text) as Owner
    return typeof app === 'string' && typeof sink === 'string' ? { app, sink } : null
  } catch {
    return null
  }
}

class Folder {
  readonly #path: string
  #owner: Owner | null = null

  constructor(path: string) {
    this.#path = path
  }

  /** Two outputs in one folder would take each other's files for their own. */
  async claim({ app, sink }: Owner): Promise<void> {
    if (this.#owner?.app === app && this.#owner.sink === sink) return
    for (const folder of ['_manifest', '_temporary']) await mkdir(join(this.#path, folder), { recursive: true })
    const place = join(this.#path, '_manifest', '_owner')
    if (!existsSync(place)) await this.place(join('_manifest', '_owner'), Buffer.from(JSON.stringify({ app, sink })))
    const owner = ownerIn(await readFile(place, 'utf8'))
    if (owner?.app !== app || owner.sink !== sink) {
      throw new SluiceError(
        'E_SINK_TAKEN',
        `${this.#path} holds the files of ` +
          `${owner ? `output "${owner.sink}" of app "${owner.app}"` : 'somebody who cannot be read'}.`,
        {
          where: { operator: sink },
          did: 'nothing was written',
          next: ['give every output a folder of its own'],
        },
      )
    }
    this.#owner = { app, sink }
  }

  /** Moved into place whole, and on the disk before it counts. */
  async place(name: string, bytes: Uint8Array): Promise<void> {
    const temporary = join(this.#path, '_temporary', `${name.replaceAll(/[\\/]/g, '.')}.${writer}.${++written}`)
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    const target = join(this.#path, name)
    await rename(temporary, target)
    await syncFolder(join(target, '..'))
  }

  /** Partitions without records have no file. */
  async present(
    names: readonly { readonly partition: number; readonly name: string }[],
  ): Promise<FilesManifest['files']> {
    const found: { name: string; partition: number; bytes: number }[] = []
    for (const { name, partition } of names) {
      if (existsSync(join(this.#path, name)))
        found.push({ name, partition, bytes: (await stat(join(this.#path, name))).size })
    }
    return found
  }
}

/** Whoever else writes the same file at this moment, on whatever machine, has a temporary file of another name. */
const writer = `${hostname()}.${process.pid}.${threadId}`
let written = 0

/** So that a name survives a power cut. Windows cannot, and need not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

const padded = (n: number, width: number): string => String(n).padStart(width, '0')

/** An incarnation as part of a file name. */
const safe = (text: string): string => encodeURIComponent(text).replaceAll('.', '%2E').slice(0, 96)

function textLine(record: unknown): string {
  if (['string', 'number', 'boolean', 'bigint'].includes(typeof record)) return String(record)
  throw badLine(
    `text needs strings or numbers, and a record is ${record === null ? 'null' : `of type ${typeof record}`}`,
  )
}

function checkedLine(line: unknown, { sink, partition, batch }: Delivery): string {
  const where = { operator: sink, partition, batch }
  checkSettled(line, 'format', where)
  if (typeof line !== 'string')
    throw badLine(`the format gave no text but ${line === null ? 'null' : `a value of type ${typeof line}`}`, where)
  if (/[\n\r]/.test(line)) throw badLine('a record holds a line break, and would come back as two', where)
  if (!line.isWellFormed()) throw badLine('a record holds half a surrogate pair, which has no UTF-8 form', where)
  return line
}

const badLine = (why: string, where: { operator?: string; partition?: number; batch?: number } = {}): SluiceError =>
  new SluiceError('E_SINK_VALUE', `${why[0].toUpperCase()}${why.slice(1)}.`, {
    where,
    did: 'nothing of its partition was written',
    next: ["format: 'ndjson'", 'or give `format` a function that makes the line'],
  })
