import { given, unlessEmpty } from '../../model/given.ts'
import { lettersShape, type Owner, refsOf } from '../../checkpoint/ref-shape.ts'
import type { Functions } from '../../adapters/aws/lambda/functions.ts'
import { SluiceError } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'
import { clauseOf, fields, finite, list, maybe, text } from '../../model/shape.ts'
import type { OutputFailure, OutputHooks, OutputPublisher } from '../../output/output-publisher.ts'
import type { PublishPermit } from '../../output/publish-permit.ts'
import { errorShape, reviveError } from '../../runtime/serialised-error.ts'
import type { BatchProgress } from './batch-progress.ts'
import type { BatchAdditions, OutputAnswer, ShownOutput, ShowRequest } from './calls.ts'

/**
 * Has outputs shown by the output function, those of one batch in one call. The function reads what to show from the
 * head itself; the call only names it, and says what accumulators and listeners should hear of.
 */
export class FunctionPublisher implements OutputPublisher {
  readonly #functions: Functions
  readonly #name: string
  readonly #head: Pick<Head, 'app' | 'inc'>
  readonly #signal: AbortSignal
  readonly #progress: BatchProgress
  /** What no call has taken yet. */
  #additions: readonly BatchAdditions[] = []

  constructor(
    functions: Functions,
    name: string,
    head: Pick<Head, 'app' | 'inc'>,
    signal: AbortSignal,
    progress: BatchProgress,
  ) {
    this.#functions = functions
    this.#name = name
    this.#head = head
    this.#signal = signal
    this.#progress = progress
  }

  count(batch: number, answers: Parameters<OutputPublisher['count']>[1]): void {
    const accumulators = answers.map((answer) => answer.accumulators).filter((each) => Object.keys(each).length > 0)
    if (accumulators.length > 0) this.#additions = [...this.#additions, { batch, accumulators }]
  }

  async publish(permit: PublishPermit, outputs: readonly string[], hooks: OutputHooks): Promise<OutputFailure[]> {
    try {
      const { shown } = checkedAnswer(
        await this.#functions.call(this.#name, this.#request(permit, outputs), this.#signal),
        this.#head,
      )
      this.#additions = []
      return outputs.flatMap((output) => failureOf(output, shown, hooks))
    } catch (error) {
      // Whether any of them was shown is not known; all of them may be shown again.
      for (const output of outputs) {
        hooks.started(output)
        hooks.completed(output, error)
      }
      return outputs.map((output) => ({ output, error }))
    }
  }

  #request({ manifest: { batch, time }, beforeCommit }: PublishPermit, outputs: readonly string[]): ShowRequest {
    const { app, inc } = this.#head
    const progress = this.#progress.of(time)
    return {
      app,
      inc,
      batch,
      outputs,
      ...given({ beforeCommit, additions: unlessEmpty(this.#additions), progress }),
    }
  }
}

/** Letters that the answer names become part of the head: they must be of the same app. */
function checkedAnswer(answer: unknown, head: Owner): OutputAnswer {
  const letters = maybe(lettersShape(refsOf(head)))
  const shown = fields({ output: text, began: finite, ended: finite, error: maybe(errorShape), letters })
  const wrong = fields({ shown: list(shown) })(answer)
  if (wrong === null) return answer as OutputAnswer
  throw new SluiceError(
    'E_FUNCTION_UNANSWERED',
    `The output function answered what is no answer: ${clauseOf(wrong)}.`,
    {
      did: 'its outputs may have been shown, and are shown again',
      retry: true,
    },
  )
}

function failureOf(output: string, answers: OutputAnswer['shown'], hooks: OutputHooks): OutputFailure[] {
  const answer = answers.find((each) => each.output === output)
  const error = errorOf(output, answer)
  hooks.started(output, answer?.began)
  if (answer?.letters) hooks.setAside?.(output, answer.letters)
  hooks.completed(output, error, answer?.ended)
  if (!error) return []
  return [{ output, error }]
}

function errorOf(output: string, answer: ShownOutput | undefined): SluiceError | null {
  if (!answer) return unanswered(output)
  return answer.error ? reviveError(answer.error) : null
}

const unanswered = (output: string): SluiceError =>
  new SluiceError('E_FUNCTION_UNANSWERED', `The output function did not say what became of "${output}".`, {
    where: { operator: output },
    did: 'it may have been shown, and is shown again',
    retry: true,
  })
