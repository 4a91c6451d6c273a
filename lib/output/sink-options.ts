import { SluiceError } from '../model/errors.ts'
import { callerPlace } from '../model/place.ts'
import { kindOf } from '../model/settled.ts'

/** What a sink cannot do without, by name. */
type Needed = Readonly<Record<string, 'function' | 'string' | 'list'>>

/** Throws `E_ARGUMENT` for what are no options, or lack what `sink` cannot do without. */
export function checkSinkOptions(sink: string, options: unknown, needed: Needed, example: string): void {
  const isObject = typeof options === 'object' && options !== null && !Array.isArray(options)
  const wrong = isObject
    ? Object.entries(needed).find(([name, kind]) => !isOf((options as Record<string, unknown>)[name], kind))
    : null
  if (wrong === undefined) return
  const message =
    wrong === null
      ? `The options of ${sink} are ${kindOf(options)}.`
      : `${wrong[0]} of ${sink} is ${kindOf((options as Record<string, unknown>)[wrong[0]])}; it needs a ${wrong[1]}.`
  throw new SluiceError('E_ARGUMENT', message, {
    where: { place: callerPlace() },
    did: 'nothing was started',
    next: [example],
  })
}

const isOf = (value: unknown, kind: Needed[string]): boolean =>
  kind === 'list' ? Array.isArray(value) : typeof value === kind
