import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { encodeBlock } from '../../../codec/block.ts'
import { SluiceError } from '../../../model/errors.ts'
import { sparkLine } from '../../../codec/text.ts'
import { makeFolders } from '../../../codec/folders.ts'
import { localPlace } from '../../../codec/location.ts'
import { callerPlace } from '../../../model/place.ts'
import type { Runnable } from '../../../lineage/jobs.ts'
import { gathering } from './collect.ts'

interface SaveOptions {
  /** Replace what an earlier attempt left in the folder, as streams do; else an existing folder is an error. */
  readonly overwrite: boolean
  readonly codec: 'gzip' | null
}

/** One `part-NNNNN` per partition with a line per record, then `_SUCCESS`. Throws `E_OUTPUT_EXISTS`. */
export function saveAsTextFile(rdd: Runnable<any>, folder: string, { overwrite, codec }: SaveOptions): void {
  const text = (records: readonly unknown[]): string => records.map(sparkLine).join('')
  if (codec === 'gzip') saveParts(rdd, folder, overwrite, '.gz', (records) => gzipSync(text(records)))
  else saveParts(rdd, folder, overwrite, '', text)
}

/** The same with records in binary form, to be read with `objectFile`. */
export const saveAsObjectFile = (rdd: Runnable<any>, folder: string, { overwrite }: Omit<SaveOptions, 'codec'>): void =>
  saveParts(rdd, folder, overwrite, '', (records) =>
    encodeBlock([{ section: 0, columns: [records], count: records.length }], 'records'),
  )

function saveParts(
  { node, runner }: Runnable<any>,
  target: string,
  overwrite: boolean,
  suffix: string,
  encode: (records: readonly unknown[]) => string | Uint8Array,
): void {
  const folder = localPlace(target, 'DStream.saveAsTextFiles writes to S3; an RDD is written to this machine')
  if (!overwrite && statSync(folder, { throwIfNoEntry: false })) throw outputExists(folder)
  makeFolders(folder)
  for (const name of readdirSync(folder)) if (/^(part-\d{5,}(\.gz)?|_SUCCESS)$/.test(name)) rmSync(join(folder, name))
  // One job per partition, so that one partition is held at a time.
  for (let split = 0; split < node.partitions; split++) {
    const [records] = runner.runJob(node, [split], gathering<unknown>())
    writeFileSync(join(folder, `part-${String(split).padStart(5, '0')}${suffix}`), encode(records))
  }
  writeFileSync(join(folder, '_SUCCESS'), '')
}

const outputExists = (folder: string): SluiceError =>
  new SluiceError('E_OUTPUT_EXISTS', `Output directory ${folder} already exists.`, {
    where: { place: callerPlace() },
    did: 'nothing was written',
    spark: 'FileAlreadyExistsException',
    next: ['choose another folder', 'remove the folder first'],
  })
