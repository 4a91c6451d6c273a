import { createHash } from 'node:crypto'
import { given } from '../../model/given.ts'
import type { StoredTrial } from '../../checkpoint/stored-seals.ts'
import { mayBeARecords } from '../../model/error-codes.ts'
import type { SplitEnds, TaskReport, TaskSpec } from '../../model/task.ts'
import { reviveError } from '../serialised-error.ts'
import { faultOfAnswer } from './check-answer.ts'
import { assertMayLaunch, beforeTheEnd } from './handover.ts'
import { type StageRun, tryOnce } from './run-stages.ts'

/**
 * What the trials of a search have come to. What a search asks next follows from the answers before, so that one that
 * is given the same answers again, in another life of the coordinator, is soon where the first one was.
 */
export class KnownTrials {
  readonly #answers: Map<string, unknown>
  /** Whether anything was asked that was not known. */
  hasGrown = false

  constructor(stored: readonly StoredTrial[] = []) {
    this.#answers = new Map(stored.map(({ asked, answer }) => [asked, answer]))
  }

  /** What the trial comes to, or came to before. Throws `E_HANDED_OVER` where no time is left for it. */
  async answerTo(run: StageRun, spec: Omit<TaskSpec, 'attempt'>): Promise<TaskReport> {
    const asked = questionOf(spec)
    const known = this.#answers.get(asked)
    if (known !== undefined && faultOfAnswer(known, { ...spec, attempt: 0 }, []) === null) return known as TaskReport
    const { life, clock, plan, signal } = run
    assertMayLaunch(life, clock, plan.batch)
    const answer = await beforeTheEnd(tryOnce(run, spec), life, clock, plan.batch)
    // The end of the coordinator is nothing that the records have done.
    if (answer.kind === 'failed' && signal.aborted) throw reviveError(answer.error)
    if (answer.kind === 'done' || mayBeARecords(answer.error.fault)) {
      this.#answers.set(asked, answer)
      this.hasGrown = true
    }
    return answer
  }

  stored(): { readonly trials: readonly StoredTrial[]; readonly ends?: SplitEnds } {
    const trials = [...this.#answers].map(([asked, answer]) => ({ asked, answer: withoutStacks(answer as TaskReport) }))
    const ends = trials.flatMap(({ answer }) => ('ends' in answer && answer.ends ? [answer.ends] : []))[0]
    return { trials, ...given({ ends }) }
  }
}

/** The same for the same trial of the same records, whoever asks. */
const questionOf = ({ plan, task, trial }: Omit<TaskSpec, 'attempt'>): string =>
  createHash('sha256')
    .update(JSON.stringify([task, trial, plan.skip ?? {}]))
    .digest('hex')

/** Thousands of failures may be of one line. */
function withoutStacks(answer: TaskReport): TaskReport {
  if (answer.kind === 'failed') return { ...answer, error: { ...answer.error, stack: '' } }
  const blamed = answer.blamed?.map(({ positions, error }) => ({ positions, error: { ...error, stack: '' } }))
  return { ...answer, ...given({ blamed }) }
}
