import { SluiceError } from '../model/errors.ts'
import { DEPTH_MAX } from './tags.ts'
import { pathTo } from './write-value.ts'

/** The way from a record to the value that is shown now, for errors. Objects that lead to themselves end here too. */
export class ShownPath {
  readonly #root: string
  readonly #steps: (string | number)[] = []
  readonly #ancestors: object[] = []

  constructor(root: string) {
    this.#root = root
  }

  /** What `show` makes of a value within `parent`. Throws `E_SINK_VALUE` for circles and what is nested too deep. */
  within<T>(parent: object, step: string | number, show: () => T): T {
    if (this.#ancestors.length >= DEPTH_MAX) throw this.refusal(`is nested deeper than ${DEPTH_MAX} levels`)
    if (this.#ancestors.includes(parent)) throw this.refusal('holds itself')
    this.#steps.push(step)
    this.#ancestors.push(parent)
    const shown = show()
    this.#steps.pop()
    this.#ancestors.pop()
    return shown
  }

  refusal(why: string): SluiceError {
    const path = this.#steps.slice(0, STEPS_SHOWN).reduce<string>(pathTo, this.#root)
    return new SluiceError('E_SINK_VALUE', `${path} ${why}, and has no form that could be written.`, {
      where: { detail: path },
      did: 'nothing of its partition was written',
      next: ['map it to plain data first'],
    })
  }
}

/** Enough of a very deep path to recognise it. */
const STEPS_SHOWN = 8
