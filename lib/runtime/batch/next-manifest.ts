import { given, unlessEmpty } from '../../model/given.ts'
import type { DeadLetters } from '../../model/dead-letter.ts'
import type { Manifest, OperatorState, RetainedBatch, StagedPart } from '../../model/manifest.ts'
import type { ProgramFacts } from '../../model/program-facts.ts'
import { nameOfRef } from '../../model/refs.ts'
import type { StateWrite } from '../../model/task.ts'
import { openLetters } from '../../checkpoint/dead-letters.ts'
import { ownObjects } from '../../checkpoint/manifest.ts'
import { livePacks } from '../../checkpoint/pane-packs.ts'
import { chainsFor, nextOperatorState } from '../../state/chains.ts'
import type { PlannedBatch, PlannedStage } from '../planner.ts'
import type { TaskDone } from './run-stages.ts'

/** What the batch decided, from the plan, the answers of its tasks and the manifest before. Pure. */
export function nextManifest(
  base: Manifest | null,
  { plan, positions, stages, settled, deadLetters, undecoded }: PlannedBatch,
  answers: readonly TaskDone[],
  program: Pick<ProgramFacts, 'keepMs' | 'outputs'>,
  ofOutputs: readonly DeadLetters[] = [],
): Manifest {
  const state = nextState(base, answers)
  const letters = openLetters(
    base?.deadLetters ?? [],
    new Set(settled),
    [...ofOutputs, deadLetters, undecoded].filter((added) => added !== null),
  )
  const outputs = outputsOf(stages, answers)
  const beforeCommit = program.outputs.filter(({ uid, order }) => order === 'before' && Object.hasOwn(outputs, uid))
  const manifest: Manifest = {
    format: 2,
    batch: plan.batch,
    tick: plan.tick,
    time: plan.time,
    nonce: plan.nonce,
    base: base?.nonce ?? null,
    graph: plan.graph,
    cuts: plan.cuts,
    positions: positions,
    actions: plan.actions,
    ...given({ skip: plan.skip, deadLetters: letters.length > 0 && letters }),
    state,
    ...given({ packs: base?.packs && livePacks(base.packs, state) }),
    retained: nextRetained(base, plan.time, answers, program.keepMs),
    outputs,
    ...given({ beforeCommit: unlessEmpty(beforeCommit.map(({ uid }) => uid)) }),
    records: recordsOf(answers),
  }
  return { ...manifest, wrote: ownObjects(manifest) }
}

/** A task that built on other blocks than the manifest names, or null: what it wrote would not fit on them. */
export function staleWrite(base: Manifest | null, answers: readonly TaskDone[]): string | null {
  for (const { state } of answers) {
    for (const { operator, from, to, base: builtOn } of state) {
      const blocks = chainsFor(base?.state[operator] ?? null, from, to).flatMap((chain) => chain.blocks)
      if (blocks.map((block) => nameOfRef(block.ref)).join() !== builtOn.join())
        return (
          `state of ${operator}, key groups ${from} to ${to - 1}: a task built on other blocks than the ` +
          'manifest names'
        )
    }
  }
  return null
}

/**
 * A reducer that read other than the winning map tasks wrote for it, or null: records were lost or doubled on the way.
 */
export function lossyShuffle(answers: readonly TaskDone[]): string | null {
  const sent = new Map<string, { records: number; sum: number }>()
  for (const { shuffle, counts, sums } of answers.flatMap((answer) => answer.shuffles)) {
    for (const [reducer, records] of counts.entries()) {
      const before = sent.get(`${shuffle}.${reducer}`)
      sent.set(`${shuffle}.${reducer}`, {
        records: (before?.records ?? 0) + records,
        sum: (before?.sum ?? 0) + sums[reducer]!,
      })
    }
  }
  for (const { shuffle, reducer, records, sum } of answers.flatMap((answer) => answer.reduced)) {
    const expected = sent.get(`${shuffle}.${reducer}`) ?? { records: 0, sum: 0 }
    if (expected.records !== records)
      return `shuffle ${shuffle}: ${expected.records} records were sent to reducer ${reducer}, and it read ${records}`
    if (expected.sum !== sum) return `shuffle ${shuffle}: reducer ${reducer} read other records than were sent to it`
  }
  return null
}

function nextState(base: Manifest | null, answers: readonly TaskDone[]): Record<string, OperatorState> {
  const writes = new Map<string, StateWrite[]>()
  for (const answer of answers)
    for (const write of answer.state) writes.set(write.operator, [...(writes.get(write.operator) ?? []), write])
  const state: Record<string, OperatorState> = { ...base?.state }
  for (const [operator, written] of writes)
    state[operator] = nextOperatorState(
      base?.state[operator] ?? null,
      written.toSorted((a, b) => a.from - b.from),
    )
  return state
}

function nextRetained(
  base: Manifest | null,
  time: number,
  answers: readonly TaskDone[],
  keepMs: ProgramFacts['keepMs'],
): Record<string, RetainedBatch[]> {
  const retained: Record<string, RetainedBatch[]> = {}
  const written = answers.flatMap((answer) => answer.retained)
  for (const [stream, ms] of Object.entries(keepMs)) {
    const kept = (base?.retained[stream] ?? []).filter((batch) => batch.time > time - ms)
    const parts = written
      .filter((write) => write.stream === stream)
      .toSorted((a, b) => a.partition - b.partition)
      .map((write) => write.ref)
    retained[stream] = kept
    if (parts.length > 0) retained[stream] = [...kept, { time, parts }]
  }
  return retained
}

/** An output runs wherever its stream has an RDD, also one without partitions, for which no task was asked. */
function outputsOf(stages: readonly PlannedStage[], answers: readonly TaskDone[]): Record<string, StagedPart[]> {
  const outputs: Record<string, StagedPart[]> = {}
  for (const { terminal } of stages) if (terminal.kind === 'output') outputs[terminal.output] = []
  for (const answer of answers) {
    for (const { output, partition, records, ref } of answer.outputs) outputs[output]!.push({ partition, records, ref })
  }
  for (const parts of Object.values(outputs)) parts.sort((a, b) => a.partition - b.partition)
  return outputs
}

function recordsOf(answers: readonly TaskDone[]): Record<string, number> {
  const bySplit = new Map<string, Map<string, number>>()
  for (const { records } of answers)
    for (const [source, splits] of Object.entries(records)) {
      const counts = bySplit.get(source) ?? new Map<string, number>()
      bySplit.set(source, counts)
      // No list of entries is made: there may be hundreds of thousands.
      for (const split in splits) counts.set(split, splits[split]!)
    }
  const sum = (counts: Iterable<number>): number => {
    let all = 0
    for (const count of counts) all += count
    return all
  }
  return Object.fromEntries([...bySplit].map(([source, counts]) => [source, sum(counts.values())]))
}
