import { encodeBlock } from '../../../codec/block.ts'
import type { DStream } from '../dstream.ts'
import type { OutputBatch } from '../../../graph/output-operation.ts'
import { stageAll, stagedRecords, stageMapped } from '../../../graph/stagers.ts'
import { locationOf } from '../../../codec/location.ts'
import { sparkLine } from '../../../codec/text.ts'

/**
 * One directory per batch, named `prefix-<ms>[.suffix]`, with a part file per partition. An empty batch writes one too;
 * a repeated batch replaces it.
 */
export const saveAsTextFiles = (stream: DStream<any>, prefix: string, suffix: string, name?: string): void => {
  locationOf(prefix)
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
  locationOf(prefix)
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
  return suffix === '' ? name : `${name}.${suffix}`
}
