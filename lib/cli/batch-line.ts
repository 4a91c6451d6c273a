import type { BatchReport, BatchUnderWay } from '../model/events.ts'
import { clockTime, count, counted, duration, span } from './units.ts'

export const batchHeading = '  batch   time      records    delay     took      state       outputs'

/** One batch in fixed columns; outputs and notes, whose width nobody knows, come last. */
export function batchLine(facts: BatchReport, names: ReadonlyMap<string, string>, notes: readonly string[]): string {
  const { batch, time, records, schedulingDelayMs, processingTimeMs, stateKeys, keysByOperator, outputs } = facts
  const state = stateKeys === null ? '' : counted(stateKeys, 'key')
  const rows = Object.entries(outputs).map(([output, n]) => `${names.get(output) ?? output} ${count(n)}`)
  const fixed =
    columns(`#${count(batch)}`, time, records) +
    cell(duration(schedulingDelayMs), 9) +
    cell(duration(processingTimeMs), 9) +
    cell(state, 13)
  return [fixed, ...(rows.length > 0 ? [rows.join(', ')] : []), ...keysNote(keysByOperator), ...notes]
    .join(gap)
    .trimEnd()
}

/** Where several operators keep state: how much of the sum is whose. */
function keysNote(keys: BatchReport['keysByOperator']): string[] {
  const operators = Object.keys(keys)
  if (operators.length < 2) return []
  const names = shortNames(operators)
  return [`keys: ${operators.map((operator) => `${names.get(operator)} ${count(keys[operator])}`).join(', ')}`]
}

/** `…       09:43:22        0     14 empty batches` */
export const emptyLine = (time: number, empty: number): string =>
  columns('…', time, 0) + gap + counted(empty, 'empty batch', 'empty batches')

/** `  … #57 takes 12.3 s so far: 3 of 8 tasks, 41,208 records, about 20 s left, 11 batches wait` */
export function underWayLine(event: BatchUnderWay, intervalMs: number): string {
  const { batch, elapsedMs, tasks, tasksDone, records, recordsRead, leftMs } = event
  const waiting = Math.floor(elapsedMs / intervalMs)
  const facts = [
    `${count(Math.min(tasksDone, tasks))} of ${counted(tasks, 'task')}`,
    records === null ? counted(recordsRead, 'record') : `${count(recordsRead)} of ${counted(records, 'record')}`,
    ...(leftMs === null ? [] : [`about ${duration(leftMs)} left`]),
    ...(waiting < 1 ? [] : [`${counted(waiting, 'batch', 'batches')} wait${waiting === 1 ? 's' : ''}`]),
  ]
  return `  … #${count(batch)} takes ${duration(elapsedMs)} so far: ${facts.join(', ')}`
}

/** What is worth saying about a batch beside its numbers. */
export function batchNotes(
  { batch, processingTimeMs, failedOutputs, backlog = {}, deadLetters, sources = {} }: BatchReport,
  intervalMs: number,
  retries: readonly string[],
  names: ReadonlyMap<string, string>,
): string[] {
  const over = (processingTimeMs ?? 0) - intervalMs
  return [
    ...(over > 0
      ? [`! ${duration(over)} over the ${span(intervalMs)} interval; #${count(batch + 1)} starts late`]
      : []),
    ...(retries.length > 0
      ? [`↻ retried ${retries.length === 1 ? 'once' : `${retries.length} times`}: ${[...new Set(retries)].join(', ')}`]
      : []),
    ...lagNotes(sources),
    ...(deadLetters > 0 ? [counted(deadLetters, 'dead letter')] : []),
    ...failedOutputs.map((output) => `✕ ${names.get(output) ?? output} failed`),
    ...Object.entries(backlog)
      .filter(([output, owed]) => owed > 1 || !failedOutputs.includes(output))
      .map(([output, owed]) => `${names.get(output) ?? output}: ${counted(owed, 'batch', 'batches')} undelivered`),
  ]
}

/** What a source has left for later batches; by name, where several say so. */
function lagNotes(sources: NonNullable<BatchReport['sources']>): string[] {
  const names = shortNames(Object.keys(sources))
  return Object.entries(sources).flatMap(([source, { lagRecords, lagMs }]) => {
    const lag = [lagRecords ? counted(lagRecords, 'record') : '', lagMs ? duration(lagMs) : '']
    const shown = lag.filter((each) => each !== '').join(', ')
    if (shown === '') return []
    return [names.size > 1 ? `${names.get(source)} ${shown} behind` : `${shown} behind`]
  })
}

export const isEmpty = ({ records, outputs }: BatchReport): boolean =>
  records === 0 && Object.values(outputs).every((rows) => rows === 0)

/** The shortest ends of uids that tell them apart: `words/count/print` is `print` while there is only one. */
export function shortNames(uids: readonly string[]): Map<string, string> {
  return new Map(
    uids.map((uid) => {
      const steps = uid.split('/')
      for (let kept = 1; kept < steps.length; kept++) {
        const end = steps.slice(-kept).join('/')
        if (uids.filter((other) => other === end || other.endsWith(`/${end}`)).length === 1) return [uid, end]
      }
      return [uid, uid]
    }),
  )
}

const gap = '     '
const columns = (batch: string, time: number, records: number): string =>
  `  ${batch.padEnd(8)}${clockTime(time)}${cell(count(records), 9)}`
/** To the right of its column, and never without a space before it. */
const cell = (text: string, width: number): string => ` ${text.padStart(width - 1)}`
