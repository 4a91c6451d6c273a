import { openBlock } from '../codec/block.ts'
import { ofARecord } from '../model/errors.ts'
import { KeptSink } from '../lineage/kept-records.ts'
import { STOP } from '../lineage/node.ts'
import type { OutputBatch, OutputStager } from './output-operation.ts'

/** Every record of the partition. */
export function stageAll(): OutputStager {
  const sink = new KeptSink<unknown>()
  return { sink, finish: () => sink.kept() }
}

/** The first `limit` records; the partition stops there. */
export function stageFirst(limit: number): OutputStager {
  const records: unknown[] = []
  const emit = (record: unknown): void => {
    if (records.length < limit) records.push(record)
    // oxlint-disable-next-line typescript/only-throw-error -- a signal, not an error
    if (records.length >= limit) throw STOP
  }
  return { sink: { emit, chunk: (chunk) => chunk.forEach(emit) }, finish: () => ({ kind: 'records', records }) }
}

/** Records made into others on the way, one for one. */
export function stageMapped(f: (record: unknown) => unknown): OutputStager {
  const records: unknown[] = []
  const emit = (record: unknown): void => {
    try {
      records.push(f(record))
    } catch (error) {
      // Nothing is written yet: not the sink is to blame for what has no form, but the record.
      throw ofARecord(error)
    }
  }
  return { sink: { emit, chunk: (chunk) => chunk.forEach(emit) }, finish: () => ({ kind: 'records', records }) }
}

/** The staged records of each partition, in order of partition. */
export async function stagedRecords(batch: OutputBatch): Promise<unknown[][]> {
  return Promise.all(
    batch.parts.map(async (part) => {
      if (!part.ref) return []
      const staged = batch.staged?.(part.ref)
      if (staged) return staged()
      const block = openBlock(await batch.read(part.ref), part.ref.key)
      return block.has(0) ? block.read(0, 1)[0]! : []
    }),
  )
}
