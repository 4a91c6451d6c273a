import type { Versioned } from '../host/head-store.ts'
import { SluiceError } from '../model/errors.ts'
import type { DeadLetters } from '../model/dead-letter.ts'
import type { Head } from '../model/head.ts'
import {
  both,
  count,
  fields,
  finite,
  list,
  maybe,
  type Misfit,
  misfit,
  named,
  nullOr,
  type Shape,
  text,
  truth,
  whole,
} from '../model/shape.ts'
import { lettersShape, refsOf, shapeError } from './ref-shape.ts'

/**
 * What stands in the register, once it is known to be a head of this build that names objects of its own app only.
 * Throws `E_HEAD_FORMAT`, `E_HEAD_CORRUPT` and `E_REF_SCOPE`.
 */
export function checkedHead(found: Versioned<Head> | null): Versioned<Head> | null {
  const wrong = found && faultOfHead(found.value)
  if (!wrong) return found
  if (wrong.kind === 'bad')
    throw shapeError(
      'E_HEAD_CORRUPT',
      `What stands at revision ${found.rev} is not a head`,
      wrong.what,
      `revision ${found.rev}`,
    )
  throw new SluiceError(
    'E_HEAD_FORMAT',
    `The head at revision ${found.rev} has format ${wrong.format}; this build reads format 1.`,
    {
      where: { detail: `revision ${found.rev}` },
      did: 'nothing was started',
      next: ['run the version that wrote it'],
    },
  )
}

type Fault = { readonly kind: 'newer'; readonly format: number } | { readonly kind: 'bad'; readonly what: Misfit }

/** Heads of this build carry no format, which stands for 1. */
export function faultOfHead(value: unknown): Fault | null {
  const format = (value as { format?: unknown } | null)?.format ?? 1
  if (Number.isSafeInteger(format) && format !== 1) return { kind: 'newer', format: format as number }
  const what = headShape(value)
  if (what === null) return null
  return { kind: 'bad', what }
}

const plain = fields({
  app: text,
  inc: text,
  epoch: count,
  holder: nullOr(text),
  leaseUntil: finite,
  idle: maybe(count),
  graph: text,
  intervalMs: count,
  zeroTime: whole,
  conf: named(text),
  committed: count,
  tick: count,
  outDone: count,
  gcFloor: count,
  halt: nullOr(fields({ reason: text, batch: count })),
})

/**
 * Only what outputs were shown without stands in a head: as records that the batch left out they could be read again,
 * and would count twice. Outputs may come just before their commit.
 */
const letterOfOutput =
  (committed: number): Shape =>
  (value) => {
    const { ofOutput, batch } = value as DeadLetters
    if (ofOutput !== true) return misfit('is no dead letter of an output')
    return batch > committed + 1 ? misfit(`is of batch ${batch}, which has not been shown`) : null
  }

const headShape: Shape = both(plain, (value) => {
  const ref = refsOf(value as Head)
  return fields({
    manifest: nullOr(ref('manifest')),
    plan: maybe(
      fields({ nonce: text, tick: count, content: ref('plan'), seals: maybe(ref('plan')), hidden: maybe(truth) }),
    ),
    letters: maybe(list(both(lettersShape(ref), letterOfOutput((value as Head).committed)))),
    owed: list(fields({ batch: count, output: text, manifest: ref('manifest') })),
  })(value)
})
