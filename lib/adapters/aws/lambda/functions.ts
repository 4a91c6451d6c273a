import type { Clock } from '../../../host/clock.ts'
import type { Random } from '../../../host/random.ts'
import { messageOf, SluiceError } from '../../../model/errors.ts'
import type { AwsClients } from '../clients.ts'
import { isRefusal, statusOf } from '../service-error.ts'

const DELAY_MS_MIN = 100
const DELAY_MS_MAX = 10_000
const THROTTLED_MAX = 12

/** Calls Lambda functions and waits for their answers. */
export class Functions {
  readonly #clients: AwsClients
  readonly #clock: Clock
  readonly #random: Random

  constructor(clients: AwsClients, clock: Clock, random: Random) {
    this.#clients = clients
    this.#clock = clock
    this.#random = random
  }

  /**
   * What function `name` answers. A call that was turned away before it ran, because too many were running, is made
   * again after a while; no other is. Throws `E_FUNCTION_FAILED` when the function threw, ran out of time or memory;
   * `E_FUNCTION_UNANSWERED` when no answer came, and it may still run; `E_FUNCTION_REFUSED` when there is no such
   * function or it may not be called; `E_FUNCTION_BUSY` when it stayed throttled.
   */
  async call(name: string, payload: unknown, signal?: AbortSignal): Promise<unknown> {
    const text = JSON.stringify(payload)
    for (let throttled = 0; throttled < THROTTLED_MAX; throttled++) {
      const answer = await this.#once(name, text, signal)
      if (answer !== THROTTLED) return answer
      const delay = Math.min(DELAY_MS_MAX, DELAY_MS_MIN * 2 ** throttled) * (0.5 + this.#random.next())
      await this.#clock.sleepUntil(this.#clock.now() + delay, signal)
    }
    throw new SluiceError('E_FUNCTION_BUSY', `The function ${name} had no room for another call.`, {
      did: 'it was not called',
      retry: true,
      next: ['raise the concurrency limit of the account or the function', 'lower SLUICE_SLOTS'],
    })
  }

  async #once(name: string, payload: string, signal?: AbortSignal): Promise<unknown> {
    if (signal?.aborted) throw unanswered(name, new Error('there was no time left for it'))
    const { client, sdk } = await this.#clients.lambda()
    let answer
    try {
      answer = await client.send(
        new sdk.InvokeCommand({ FunctionName: name, Payload: Buffer.from(payload) }),
        signal ? { abortSignal: signal } : {},
      )
    } catch (error) {
      if (statusOf(error) === 429) return THROTTLED
      throw isRefusal(error) ? refused(name, error) : unanswered(name, error)
    }
    const text = Buffer.from(answer.Payload ?? []).toString('utf8')
    if (answer.FunctionError) throw failed(name, text)
    return answered(name, text)
  }
}

/** What is no JSON was cut off on its way, or comes from another function. */
function answered(name: string, text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unanswered(name, error)
  }
}

const THROTTLED = Symbol('throttled')

function failed(name: string, payload: string): SluiceError {
  let reason = payload
  try {
    const { errorType, errorMessage } = JSON.parse(payload) as {
      readonly errorType?: string
      readonly errorMessage?: string
    }
    reason = [errorType, errorMessage].filter(Boolean).join(': ')
  } catch {
    /* not JSON: shown as it is */
  }
  return new SluiceError('E_FUNCTION_FAILED', `The function ${name} failed: ${reason}`, {
    did: 'nothing it did counts',
    retry: true,
    next: ['look at the log of the function', 'give it more time or memory'],
  })
}

const unanswered = (name: string, cause: unknown): SluiceError =>
  new SluiceError('E_FUNCTION_UNANSWERED', `The function ${name} did not answer: ${messageOf(cause)}`, {
    did: 'it may still be running; nothing it does counts',
    retry: true,
    cause,
  })

const refused = (name: string, cause: unknown): SluiceError =>
  new SluiceError('E_FUNCTION_REFUSED', `The function ${name} cannot be called: ${messageOf(cause)}`, {
    did: 'it was not called',
    next: ['check its name and region', 'check that the role may call it'],
    cause,
  })
