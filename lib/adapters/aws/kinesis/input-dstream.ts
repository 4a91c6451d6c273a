import type { DStream } from '../../../api/dstream/dstream.ts'
import type { StreamingContext } from '../../../api/dstream/streaming-context.ts'
import type { StorageLevel } from '../../../api/rdd/storage-level.ts'
import { SluiceError } from '../../../model/errors.ts'
import type { DurationLike } from '../../../model/time.ts'
import type { KinesisPlace } from '../clients.ts'
import { kinesis, type KinesisStart } from './kinesis.ts'
import type { KinesisRecord } from './kinesis-record.ts'

/** Where a stream is read from on the first start (Spark: `KinesisInitialPositions`). */
export const InitialPosition = {
  Latest: 'LATEST',
  TrimHorizon: 'TRIM_HORIZON',
  AtTimestamp: (timestamp: Date): KinesisStart => ({ timestamp }),
} as const

/**
 * Spark's way to a stream of Kinesis records (`KinesisInputDStream.builder`). `streamingContext`, `streamName` and
 * `checkpointAppName` are required; without the others: the environment's region and credentials, and `Latest`.
 * Sequence numbers are kept with the program's own state, not in a DynamoDB table, so there are no credentials for one.
 */
export class KinesisInputDStream {
  /** A builder with nothing set. */
  static builder(): KinesisStreamBuilder {
    return new KinesisStreamBuilder({})
  }

  private constructor() {}
}

interface Given {
  readonly context?: StreamingContext
  readonly stream?: string
  readonly appName?: string
  readonly start?: KinesisStart
  readonly place?: KinesisPlace
}

/** Each setter gives a new builder, so that one may be the beginning of several. */
class KinesisStreamBuilder {
  readonly #given: Given

  /** @internal */
  constructor(given: Given) {
    this.#given = given
  }

  /** The context that the stream belongs to. */
  streamingContext(context: StreamingContext): KinesisStreamBuilder {
    return this.#with({ context })
  }
  /** The stream that is read. */
  streamName(stream: string): KinesisStreamBuilder {
    return this.#with({ stream })
  }
  /** The name under which the stream stands in the graph: who changes it begins anew. */
  checkpointAppName(appName: string): KinesisStreamBuilder {
    return this.#with({ appName })
  }
  /** The address of a server other than Amazon's. */
  endpointUrl(endpoint: string): KinesisStreamBuilder {
    return this.#with({ place: { ...this.#given.place, endpoint } })
  }
  /** The region of the stream, where it is not the environment's. */
  regionName(region: string): KinesisStreamBuilder {
    return this.#with({ place: { ...this.#given.place, region } })
  }
  /** Where the first batch ever begins; `InitialPosition.Latest` if it is left out. */
  initialPosition(start: KinesisStart): KinesisStreamBuilder {
    return this.#with({ start })
  }
  /** Credentials, or who gets them, as the SDK has them. */
  kinesisCredentials(credentials: NonNullable<KinesisPlace['credentials']>): KinesisStreamBuilder {
    return this.#with({ place: { ...this.#given.place, credentials } })
  }

  /** Accepted: the position is committed with every batch. */
  checkpointInterval(_interval: DurationLike): KinesisStreamBuilder {
    return this
  }
  /** Accepted: records are read again from the stream where a batch is repeated, so none are stored. */
  storageLevel(_level: StorageLevel): KinesisStreamBuilder {
    return this
  }
  /** Accepted: there is no table of positions. */
  dynamoDBCredentials(_credentials: unknown): KinesisStreamBuilder {
    return this
  }
  /** Accepted: batches are measured by the program itself. */
  cloudWatchCredentials(_credentials: unknown): KinesisStreamBuilder {
    return this
  }
  /** Accepted, as the metrics' credentials. */
  metricsLevel(_level: string): KinesisStreamBuilder {
    return this
  }
  /** Accepted, as the metrics' credentials. */
  metricsEnabledDimensions(_dimensions: readonly string[]): KinesisStreamBuilder {
    return this
  }

  /** The data of the records. Throws `E_CONF` where something required is missing. */
  build(): DStream<Uint8Array> {
    return this.buildWithMessageHandler((record) => record.data)
  }

  /** What `handler` makes of each record. Throws `E_CONF` where something required is missing. */
  buildWithMessageHandler<T>(handler: (record: KinesisRecord) => T): DStream<T> {
    const { context, stream, appName, start, place } = this.#given
    if (!context) throw missing('streamingContext(ssc)')
    if (!stream) throw missing('streamName(name)')
    if (!appName) throw missing('checkpointAppName(name)')
    return context.source(appName, kinesis({ stream, ...place, ...(start ? { start } : {}) })).map(handler)
  }

  #with(more: Given): KinesisStreamBuilder {
    return new KinesisStreamBuilder({ ...this.#given, ...more })
  }
}

const missing = (call: string): SluiceError =>
  new SluiceError('E_CONF', `KinesisInputDStream.builder() needs .${call}.`, {
    did: 'nothing was started',
    next: [`add .${call} before build()`],
  })
