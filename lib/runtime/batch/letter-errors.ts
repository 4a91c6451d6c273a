import { given } from '../../model/given.ts'
import { getBlob } from '../../checkpoint/blobs.ts'
import { decodeLetters } from '../../checkpoint/letter-blocks.ts'
import { sparkText } from '../../codec/text.ts'
import { knownCode } from '../../model/error-codes.ts'
import { SluiceError } from '../../model/errors.ts'
import { type DeadLetter, type DeadLetters, recordName } from '../../model/dead-letter.ts'
import { within } from '../../model/visible.ts'
import type { HeldApp } from './held-app.ts'
import type { IsolatedRecords } from './isolate-records.ts'

/** What the user hears of each record that was set aside. */
export async function letterErrors(held: HeldApp, { plan, ref, records }: IsolatedRecords): Promise<SluiceError[]> {
  if (ref === null) return []
  const letters = decodeLetters(await getBlob(held.host.blobs, ref), ref.key)
  return letters.map((letter) => errorOf(letter, plan.batch, records, held.forgets))
}

/** What the user hears of each record that an output was shown without. */
export async function outputLetterErrors(held: HeldApp, { batch, ref }: DeadLetters): Promise<SluiceError[]> {
  const letters = decodeLetters(await getBlob(held.host.blobs, ref), ref.key)
  return letters.map((letter) => {
    const { source, split, index, code, message, place } = letter
    const { kept, next } = fateOf(letter, held.forgets)
    return new SluiceError(knownCode(code), message, {
      where: { ...given({ place }), operator: source, batch, detail: `record ${index} of ${split}` },
      did: `"${source}" was shown without 1 record, ${kept}; the batch is committed with it`,
      next,
    })
  })
}

function errorOf(letter: DeadLetter, batch: number, records: number, isForgotten: boolean): SluiceError {
  const { source, split, index, code, message, place } = letter
  const { kept, again, next, afterwards } = fateOf(letter, isForgotten)
  return new SluiceError(knownCode(code), message, {
    where: {
      ...given({ place }),
      batch,
      detail: recordName(source, split, index),
    },
    did: `narrowed to 1 record of ${records}, ${kept}${again}; the batch committed without it`,
    next: [...next, ...afterwards],
  })
}

interface LetterFate {
  readonly kept: string
  /** Which letter it was before. */
  readonly again: string
  readonly next: readonly string[]
  /** What to type once the program is mended. */
  readonly afterwards: readonly string[]
}

/** What becomes of a record that was set aside, and what to type about it. */
function fateOf(letter: DeadLetter, isForgotten: boolean): LetterFate {
  const { id, retryOf } = letter
  if (isForgotten)
    return {
      kept: `it goes with this process: ${shownRecord(letter)}`,
      again: '',
      next: ['give --dir <directory>, and records that are set aside are kept'],
      afterwards: [],
    }
  return {
    kept: `kept as dead letter ${id}`,
    again: retryOf === undefined ? '' : `, which was ${retryOf} before`,
    next: [`sluice dead show <dir> ${id}`],
    afterwards: [`sluice dead retry <dir> ${id}     after the fix`],
  }
}

/** Of a record that nobody will be able to show later. */
const shownRecord = ({ record, isStored }: DeadLetter): string =>
  isStored ? within(sparkText(record), SHOWN_CHARS) : 'of a kind that cannot be stored'

const SHOWN_CHARS = 500
