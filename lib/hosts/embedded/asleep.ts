import { SluiceError } from '../../model/errors.ts'
import { callsUnanswered } from '../../model/settled.ts'

/**
 * The end of a run. Rejects with `E_UNANSWERED` when nothing is left in this process that could wake it before: Node
 * would end it with a warning about its own top level, and not a word about what was waited for.
 */
export async function unlessAsleep(running: Promise<void>): Promise<void> {
  const { promise: asleep, reject } = Promise.withResolvers<never>()
  const idle = (): void => reject(unanswered())
  process.on('beforeExit', idle)
  try {
    await Promise.race([running, asleep])
  } finally {
    process.off('beforeExit', idle)
  }
}

function unanswered(): SluiceError {
  const calls = callsUnanswered()
  const what = calls.length > 0 ? calls.join(' and ') : 'a function of the program'
  return new SluiceError('E_UNANSWERED', `The run waits for ${what}, and nothing is left that could bring an answer.`, {
    did: 'the run was ended; what is committed stays, and the next start goes on from there',
    next: ['look for a promise there that nobody resolves, such as a callback that is never called'],
  })
}
