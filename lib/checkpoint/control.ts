import type { ControlStore } from '../host/control-store.ts'
import type { Versioned } from '../host/head-store.ts'
import type { Control } from '../model/control.ts'
import { SluiceError } from '../model/errors.ts'
import { count, fields, finite, type Misfit, clauseOf, nullOr, type Shape, text } from '../model/shape.ts'

/** Where nobody has left word. */
const NOTHING: Control = { paused: null, clearHalt: null }

const shape: Shape = fields({
  paused: nullOr(fields({ since: finite, by: text })),
  clearHalt: nullOr(fields({ epoch: count })),
})

/** What somebody has left word of, field by field. Throws `E_CONTROL_CORRUPT`. */
export function checkedControl(found: Versioned<unknown> | null): Versioned<Control> {
  if (found === null) return { rev: 0, value: NOTHING }
  const wrong = shape(found.value)
  if (wrong !== null) throw corrupt(found.rev, wrong)
  const { paused, clearHalt } = found.value as Control
  return {
    rev: found.rev,
    value: {
      paused: paused && { since: paused.since, by: paused.by },
      clearHalt: clearHalt && { epoch: clearHalt.epoch },
    },
  }
}

/** How often somebody else may have been quicker. */
const ATTEMPTS_MAX = 10

/**
 * Makes of the record what `step` makes of it, and returns what it was before. What stands there and is no control
 * record is replaced: nobody could go on from it. Throws `E_BUSY` where others are quicker, time and again.
 */
export async function changeControl(
  store: ControlStore,
  step: (control: Control) => Control,
  cause: string,
): Promise<Control> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const found = await store.read()
    const before = shape(found?.value) === null ? checkedControl(found).value : NOTHING
    if ((await store.cas(found?.rev ?? 0, step(before), cause)) === 'written') return before
  }
  throw new SluiceError('E_BUSY', 'Others write the control record of the app at this very moment.', {
    did: 'nothing was changed',
    retry: true,
    next: ['run the command again'],
  })
}

const corrupt = (rev: number, wrong: Misfit): SluiceError =>
  new SluiceError(
    'E_CONTROL_CORRUPT',
    `What stands at revision ${rev} of the control record is none: ${clauseOf(wrong)}.`,
    {
      where: { detail: `revision ${rev}` },
      did: 'no batch was begun, because somebody may have paused the app',
      next: ['write it anew: sluice resume, or sluice pause'],
    },
  )
