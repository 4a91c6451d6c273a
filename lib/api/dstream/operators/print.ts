import type { DStream } from '../dstream.ts'
import type { OutputOperation } from '../../../graph/output-operation.ts'
import { stagedRecords, stageFirst } from '../../../graph/stagers.ts'
import { pythonText, sparkText } from '../../../codec/text.ts'
import { badArgument } from '../../../lineage/bad-argument.ts'

const RULE = '-------------------------------------------'

/**
 * The first records of every batch, byte for byte as Spark prints them; the header of an empty batch too (Spark:
 * `DStream.print`).
 */
export const print = (stream: DStream<any>, count: number, name?: string): void =>
  stream.output({ operator: 'print', name, operation: printing(count, (timeMs) => `${timeMs} ms`, sparkText) })

/** The same with PySpark's header time and values (PySpark: `DStream.pprint`). */
export const pprint = (stream: DStream<any>, count: number, name?: string): void =>
  stream.output({ operator: 'pprint', name, operation: printing(count, localTime, pythonText) })

/** Prints the first records of each batch. */
export function printing(
  count: number,
  header: (timeMs: number) => string,
  text: (record: unknown) => string,
): OutputOperation {
  if (!Number.isInteger(count) || count < 0)
    throw badArgument(`print was given ${String(count)}, and needs a number of records.`, 'print(20)')
  return {
    guarantee: 'at-least-once',
    address: 'printed here',
    prefix: count + 1,
    stage: () => stageFirst(count + 1),
    publish: async (batch) => {
      const records = (await stagedRecords(batch)).flat()
      const lines = [RULE, `Time: ${header(batch.timeMs)}`, RULE, ...records.slice(0, count).map(text)]
      if (records.length > count) lines.push('...')
      batch.environment.write(`${lines.join('\n')}\n\n`)
    },
  }
}

function localTime(timeMs: number): string {
  const at = new Date(timeMs)
  const two = (value: number): string => String(value).padStart(2, '0')
  return (
    `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ` +
    `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  )
}
