import { encodeBlock } from '../../../codec/block.ts'
import type { DStream } from '../dstream.ts'
import type { OutputBatch } from '../../../graph/output-operation.ts'
import { stageAll, stagedRecords, stageMapped } from '../../../graph/stagers.ts'
import { locationOf, outputLocation } from '../../../codec/location.ts'
import { sparkLine } from '../../../codec/text.ts'
import { SluiceError } from '../../../model/errors.ts'
import { badArgument } from '../../../lineage/bad-argument.ts'
import { callerPlace } from '../../../model/place.ts'
import { kindOf } from '../../../model/settled.ts'

/**
 * One directory per batch, named `prefix-<ms>[.suffix]`, with a part file per partition. An empty batch writes one too;
 * a repeated batch replaces it.
 */
export const saveAsTextFiles = (stream: DStream<any>, prefix: string, suffix: string, name?: string): void => {
  checkPrefix(prefix, suffix)
  stream.output({
    operator: 'saveAsTextFiles',
    name,
    operation: {
      guarantee: 'exactly-once',
      folders: [timedPath(prefix, suffix, ANY_TIME)],
      address: timedPath(prefix, suffix, '<ms>'),
      stage: () => stageMapped(sparkLine),
      publish: (batch) => writeParts(batch, prefix, suffix, (lines) => Buffer.from((lines as string[]).join(''))),
    },
  })
}

/** The same with our own block format, read back by `sparkContext.objectFile`. */
export const saveAsObjectFiles = (stream: DStream<any>, prefix: string, suffix: string, name?: string): void => {
  checkPrefix(prefix, suffix)
  stream.output({
    operator: 'saveAsObjectFiles',
    name,
    operation: {
      guarantee: 'exactly-once',
      folders: [timedPath(prefix, suffix, ANY_TIME)],
      address: timedPath(prefix, suffix, '<ms>'),
      stage: stageAll,
      publish: (batch) =>
        writeParts(batch, prefix, suffix, (records) =>
          encodeBlock([{ section: 0, columns: [records], count: records.length }]),
        ),
    },
  })
}

/** `s3://bucket` would become the buckets `bucket-1700000000000` and so on. */
function checkPrefix(prefix: string, suffix: string): void {
  // None in Spark as well.
  if (typeof suffix !== 'string' && suffix !== null)
    throw badArgument(`The suffix of directories is ${kindOf(suffix)}.`, "saveAsTextFiles('counts', '', { name: 'x' })")
  const place = locationOf(prefix)
  if (place.kind === 'local' || place.url.indexOf('/', 's3://'.length) > 0) return
  throw new SluiceError('E_PLACE', `Directories cannot be named after the bucket ${place.url} alone.`, {
    where: { place: callerPlace() },
    did: 'nothing was started',
    next: [`write ${place.url}/ and what their names begin with`],
  })
}

/** Says which sink writes what an output format of Hadoop would. */
export function noHadoopFormats(prefix: string, ..._classes: readonly unknown[]): never {
  const place = outputLocation(prefix)
  const shown = `'${place.kind === 'local' ? place.path : place.url}'`
  throw new SluiceError('E_SINK_FORMAT', 'An output format of Hadoop is a class of Java, and there is none here.', {
    where: { place: callerPlace() },
    did: 'nothing was started',
    next: [
      `stream.output('files', files(${shown}, { format: 'parquet' })), with files of 'sluice/sinks'`,
      "format: 'text', 'ndjson', 'csv' or 'parquet'; readers find each batch whole by its manifest",
      'saveAsTextFiles(prefix, suffix) for a directory of text for each batch',
    ],
  })
}

/** Stands for the time of any batch, with as many digits. */
const ANY_TIME = 1_700_000_000_000

async function writeParts(
  batch: OutputBatch,
  prefix: string,
  suffix: string,
  encode: (records: readonly unknown[]) => Uint8Array,
): Promise<void> {
  const partitions = await stagedRecords(batch)
  const parts = partitions.map((records, i) => ({ name: `part-${String(i).padStart(5, '0')}`, bytes: encode(records) }))
  const { app, files } = batch.environment
  await files.write(timedPath(prefix, suffix, batch.timeMs), parts, { app, output: batch.output })
}

/** Spark's `StreamingContext.rddToFileName`. */
function timedPath(prefix: string, suffix: string, timeMs: number | '<ms>'): string {
  const name = prefix === '' ? String(timeMs) : `${prefix}-${timeMs}`
  return suffix ? `${name}.${suffix}` : name
}
