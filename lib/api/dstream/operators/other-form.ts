import { SluiceError } from '../../../model/errors.ts'

/** Where a function was given, and what says its form outright. */
interface Guessed {
  readonly operator: string
  readonly place: string
  /** What it was taken for: `(key, value, state)`. */
  readonly takenFor: string
  readonly next: readonly string[]
}

/**
 * Handed to a function behind the parameters of the form that it was taken for, by the number of its parameters. One
 * with default values may be of another form: it then uses this as if it were a value, which throws `E_ARGUMENT` at its
 * first call, instead of going on with the wrong values.
 */
export function otherForm(guessed: Guessed): never {
  const refuse = (): never => {
    throw wrongForm(guessed)
  }
  const traps: ProxyHandler<() => void> = {
    get: refuse,
    set: refuse,
    has: refuse,
    apply: refuse,
    ownKeys: refuse,
    getPrototypeOf: refuse,
  }
  return new Proxy(() => {}, traps) as never
}

const wrongForm = ({ operator, place, takenFor, next }: Guessed): SluiceError =>
  new SluiceError('E_ARGUMENT', `The function of ${operator} was taken for ${takenFor}, and uses more parameters.`, {
    where: { operator, place },
    did: 'the state is that of the batch before: parameters with default values do not count in its length',
    next,
  })
