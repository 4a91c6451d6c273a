import { queueRights } from '../../../model/aws-right.ts'
import { SluiceError } from '../../../model/errors.ts'
import { loadedLater } from '../../../model/loaded-later.ts'
import { anything, checkOptions, duration, flag, needsOptions, oneOf, type RulesOf } from '../../../model/options.ts'
import { callerPlace } from '../../../model/place.ts'
import type { FileChoice } from '../../../source/file-cut.ts'
import { binaryRecordsOf, type FileStore, filesOf, textFilesOf } from '../../../source/file-source.ts'
import type { BinaryOptions, FileOptions, TextFileOptions } from '../../../source/source-factories.ts'
import type { Source } from '../../../source/source.ts'
import type { StoreChoice } from '../../../source/unseen-files.ts'
import { clientsUntil } from '../bounded.ts'
import { type AwsClients, processClients } from '../clients.ts'
import type { S3Events } from './s3-arrivals.ts'
import { s3Directory } from './s3-location.ts'
import { bytesOf } from './s3-object.ts'

/** Which objects a source takes, and how it looks for them. */
export interface S3Choice extends StoreChoice {
  /** Objects however deep below the prefix; default: those directly below it. */
  readonly recursive?: boolean
  /**
   * Events that the bucket sends to a queue tell which objects are new, so that batches list nothing. What was there
   * before, and what no event told of, is found when everything is listed. `onMissing` is `skip` by default then: an
   * event may tell of what was overwritten since, and another one tells of what is there.
   */
  readonly events?: S3Events
}

/** What `s3TextFiles` takes: which objects, and what a line is. */
export interface S3TextOptions extends TextFileOptions, S3Choice {}

/** What `s3BinaryRecords` takes. */
export interface S3BinaryOptions extends BinaryOptions, S3Choice {}

/** What `s3Files` takes: which objects, and how one is read. */
export interface S3FileOptions<T> extends FileOptions<T>, S3Choice {}

/**
 * The lines of objects below `s3://bucket/prefix/`, each object once, whenever it appears (`select: 'seen'`). An object
 * that is overwritten is a new one. A large object is several partitions; gzip, zstd and bzip2 are unpacked. Lines are
 * read from the very object that was listed; `E_FILE_CHANGED` and `E_FILE_GONE` tell when it is no longer there. Throws
 * `E_S3_URL`. Spark: `textFileStream`.
 */
export const s3TextFiles = (
  directory: string,
  options: S3TextOptions = {},
  clients: () => AwsClients = processClients,
): Source<string> => textFilesOf(s3Store('S3 text stream', directory, options, clients), directory, seen(options))

/**
 * Records of `recordLength` bytes each of such objects. Throws `E_S3_URL` and `E_RECORD_LENGTH`; reading throws the
 * latter for an object that does not hold a whole number of them. Spark: `binaryRecordsStream`.
 */
export const s3BinaryRecords = (
  directory: string,
  recordLength: number,
  options: S3BinaryOptions = {},
  clients: () => AwsClients = processClients,
): Source<Uint8Array> =>
  binaryRecordsOf(s3Store('S3 file stream', directory, options, clients), directory, recordLength, seen(options))

/** Such objects in a form of the program's own: `read` gets each of them whole. Spark: `fileStream`. */
export const s3Files = <T>(
  directory: string,
  options: S3FileOptions<T>,
  clients: () => AwsClients = processClients,
): Source<T> => filesOf(s3Store('S3 file stream', directory, options, clients), directory, seen(options))

/** Times of objects are those of copies, and say little. Throws `E_ARGUMENT` for two ways of looking at once. */
function seen<Options extends S3Choice>(options: Options): Options {
  const { select = 'seen', order, events } = options
  if ((order && events) || (select === 'times' && (order || events)))
    throw new SluiceError('E_ARGUMENT', "Objects are found by times, by names (order: 'names') or by events.", {
      where: { place: callerPlace() },
      did: 'nothing was started',
      next: ["leave out two of select: 'times', order and events"],
    })
  return { select, ...(events ? { onMissing: 'skip' } : {}), ...options }
}

const EVENT_OPTIONS: RulesOf<S3Events> = { queueUrl: anything, visibilityMs: duration }

/** Besides those of files anywhere. */
const OBJECT_OPTIONS: RulesOf<Omit<S3Choice, keyof FileChoice>> = {
  order: oneOf('names'),
  relistMs: duration,
  recursive: flag,
  events: anything,
}

/** Who only reads objects looks for none, and who only plans batches reads none. */
const listing = loadedLater(() => import('./s3-lister.ts'))
const arriving = loadedLater(() => import('./s3-arrivals.ts'))
const reading = loadedLater(() => import('./s3-lines.ts'))

function s3Store(name: string, directory: string, options: S3Choice, clients: () => AwsClients): FileStore {
  s3Directory(directory)
  needsOptions(`the objects of ${directory}`, options, '{ recursive: true }')
  const { recursive = false, events } = options
  if (events !== undefined) checkOptions(`the events of ${directory}`, events, EVENT_OPTIONS)
  return {
    name,
    options: OBJECT_OPTIONS,
    async lister() {
      const arrivals = events ? new (await arriving()).S3Arrivals(directory, events, recursive, clients) : null
      return (await listing()).s3Lister(clients, recursive, arrivals)
    },
    ...(events ? { awsRights: queueRights(events.queueUrl, 'sqs:ReceiveMessage', 'sqs:DeleteMessage') } : {}),
    ready: () => Promise.all([clients().s3(), events && clients().sqs()]),
    async *lines(split, options, io) {
      yield* (await reading()).linesOf(clientsUntil(clients(), io.signal), split, options, io)
    },
    async *pieces(split, io) {
      yield* bytesOf(await clientsUntil(clients(), io.signal).s3(), split, split.start, split.end)
    },
  }
}
