import { outputLocation } from '../../codec/location.ts'
import { located, SluiceError } from '../../model/errors.ts'
import { anything, checkOptions, flag, type RulesOf } from '../../model/options.ts'
import type { FilePlace } from '../../output/file-place.ts'
import { BUNDLED, type Delivery, type OutputSink } from '../../output/sink.ts'
import { s3FilePlace } from '../aws/s3/s3-file-place.ts'
import { webHdfsPlace } from '../webhdfs/webhdfs-place.ts'
import { type FileFormat, fileEncoder } from './format.ts'
import { localFilePlace } from './local-place.ts'

/** What `files` takes. */
export interface FilesOptions<T> extends FileFormat<T> {
  /** What file names begin with (default `part`). */
  readonly name?: string
}

/** Formats have more to say of each, and say it. */
const OPTIONS: RulesOf<FilesOptions<any>> = {
  name: anything,
  format: anything,
  compression: anything,
  columns: anything,
  header: flag,
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
 * One file per batch and partition below `target`, a folder of this machine, `s3://bucket/prefix` or a folder of HDFS
 * (`webhdfs://namenode:9870/path`), and when all are there one file in `_manifest` that lists them: exactly once, and
 * a batch whole or not at all, for readers that go by the manifests. File names follow from app incarnation, batch and
 * partition, and the records were fixed by the commit, so writing again changes nothing. Files appear whole; on a
 * machine `_temporary` holds what is being written. A folder belongs to one output. Throws `E_SINK_NAME`,
 * `E_SINK_FORMAT` and `E_PLACE` here; writing throws `E_SINK_VALUE`, `E_SINK_TAKEN`, `E_SINK_REJECTED` and
 * `E_SINK_UNAVAILABLE`. Spark: `saveAsHadoopFiles`, `saveAsNewAPIHadoopFiles`.
 */
export function files<T>(target: string, options: FilesOptions<T>): OutputSink<T, 'exactly-once'> {
  return filesIn(placeAt(target), (options as FilesOptions<T> | undefined) ?? ({} as FilesOptions<T>))
}

function placeAt(target: string): FilePlace {
  const location = outputLocation(target)
  switch (location.kind) {
    case 'local':
      return localFilePlace(location.path)
    case 's3':
      return s3FilePlace(location.url)
    case 'webhdfs':
      return webHdfsPlace(location.url)
  }
}

/** The same for any place: simulations have one of their own. */
export function filesIn<T>(place: FilePlace, options: FilesOptions<T>): OutputSink<T, 'exactly-once'> {
  checkOptions('files', options, OPTIONS)
  const { name = 'part' } = options
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(name)) {
    throw new SluiceError('E_SINK_NAME', `${JSON.stringify(name)} cannot begin the name of a file.`, {
      did: 'nothing was written',
      next: ['use letters, digits, dots, hyphens and underscores'],
    })
  }
  const encoder = fileEncoder(options)
  const owned = new OwnedPlace(place)
  const begin = ({ inc, batch }: Pick<Delivery, 'inc' | 'batch'>): string =>
    `${name}-${safe(inc)}-${padded(batch, 10)}-`
  const fileName = (of: Pick<Delivery, 'inc' | 'batch'>, partition: number): string =>
    `${begin(of)}${padded(partition, 5)}.${encoder.extension}`
  return {
    name: 'files',
    guarantee: 'exactly-once',
    folders: [place.shown, `${place.shown.replace(/\/+$/, '')}/_manifest`],
    address: place.shown,
    [BUNDLED]: true,
    ready: () => Promise.all([place.ready(), encoder.ready()]),
    async write(records, delivery) {
      const bytes = await encodedAt(delivery, () => encoder.encode(records))
      delivery.signal?.throwIfAborted()
      await owned.claim(delivery)
      await place.put(fileName(delivery, delivery.partition), bytes, delivery.signal)
    },
    async finish(batch) {
      await owned.claim(batch)
      const { app, inc, sink, timeMs, partitions } = batch
      const names = Array.from({ length: partitions }, (_, partition) => fileName(batch, partition))
      const sizes = await place.sizes(names, begin(batch))
      const files = names.flatMap((each, partition) =>
        // Partitions without records have no file.
        sizes.has(each) ? [{ name: each, partition, bytes: sizes.get(each)! }] : [],
      )
      const manifest: FilesManifest = { app, inc, sink, batch: batch.batch, timeMs, partitions, files }
      await place.put(manifestName(batch), Buffer.from(`${JSON.stringify(manifest)}\n`))
    },
  }
}

async function encodedAt<T>({ sink, batch, partition }: Delivery, encode: () => T | Promise<T>): Promise<T> {
  try {
    return await encode()
  } catch (error) {
    throw located(error, { operator: sink, batch, partition })
  }
}

const manifestName = ({ inc, batch }: Pick<Delivery, 'inc' | 'batch'>): string =>
  `_manifest/${padded(batch, 10)}-${safe(inc)}.json`

type Owner = Pick<Delivery, 'app' | 'sink'>

/** Two outputs in one folder would take each other's files for their own. */
class OwnedPlace {
  readonly #place: FilePlace
  #owner: Owner | null = null

  constructor(place: FilePlace) {
    this.#place = place
  }

  /** Throws `E_SINK_TAKEN`. */
  async claim({ app, sink }: Owner): Promise<void> {
    if (this.#owner?.app === app && this.#owner.sink === sink) return
    const name = '_manifest/_owner'
    let found = await this.#place.read(name)
    if (!found) {
      await this.#place.putFirst(name, Buffer.from(JSON.stringify({ app, sink })))
      found = await this.#place.read(name)
    }
    const owner = ownerIn(Buffer.from(found ?? []).toString())
    if (owner?.app !== app || owner.sink !== sink) throw taken(this.#place, owner, sink)
    this.#owner = { app, sink }
  }
}

/** `null` for what somebody else may have put there. */
function ownerIn(text: string): Owner | null {
  try {
    const { app, sink } = JSON.parse(text) as Owner
    return typeof app === 'string' && typeof sink === 'string' ? { app, sink } : null
  } catch {
    return null
  }
}

const taken = ({ shown }: FilePlace, owner: Owner | null, sink: string): SluiceError => {
  const holder = owner ? `output "${owner.sink}" of app "${owner.app}"` : 'somebody who cannot be read'
  return new SluiceError('E_SINK_TAKEN', `${shown} holds the files of ${holder}.`, {
    where: { operator: sink },
    did: 'nothing was written',
    next: ['give every output a folder of its own'],
  })
}

const padded = (n: number, width: number): string => String(n).padStart(width, '0')

/** An incarnation as part of a file name. */
const safe = (text: string): string => encodeURIComponent(text).replaceAll('.', '%2E').slice(0, 96)
