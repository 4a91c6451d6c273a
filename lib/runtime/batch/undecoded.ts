import { putBlob } from '../../checkpoint/blobs.ts'
import { encodeLetters } from '../../checkpoint/letter-blocks.ts'
import { ObjectKeys } from '../../checkpoint/object-keys.ts'
import type { DeadLetterFacts, DeadLetters } from '../../model/dead-letter.ts'
import { counted } from '../../model/counted.ts'
import { SluiceError } from '../../model/errors.ts'
import type { EngineEvent } from '../../model/events.ts'
import type { BatchPlan, UndecodedPart } from '../../model/task.ts'
import type { HeldApp } from './held-app.ts'
import { lettersMax } from '../../checkpoint/dead-letters.ts'
import type { TaskDone } from './run-stages.ts'

/** What the sources of a batch could not make records of. */
export interface KeptUndecoded {
  /** Letters of what was left out; `null` where there are none. */
  readonly letters: DeadLetters | null
  /** To be said once the batch is committed. */
  readonly events: readonly EngineEvent[]
}

/**
 * Stores what was left out as dead letters. Throws `E_DEAD_LETTERS` where that is so much that something else must be
 * wrong: the encoding, the kind of the file, the limit.
 */
export async function keepUndecoded(
  held: HeldApp,
  plan: BatchPlan,
  answers: readonly TaskDone[],
): Promise<KeptUndecoded> {
  const parts = partsOf(answers)
  const facts = parts.flatMap((part) => part.letters.map((letter) => ({ ...letter, source: part.source })))
  const records = answers.reduce((sum, answer) => sum + recordsOf(answer), 0)
  // What a receiver was given stays what it is: a batch that fails for it would fail for ever.
  const read = parts.filter(({ isReceived }) => !isReceived)
  const left = read.reduce((sum, { lettersCount }) => sum + lettersCount, 0)
  if (left > lettersMax(records)) throw tooMany(left, records, plan, read[0]!)
  const letters = facts.map(({ source, split, index, code, message, path, offset, bytes }, i) => ({
    id: `${plan.batch}-u${i + 1}`,
    source,
    split,
    index,
    code,
    message,
    place: null,
    undecoded: { path, offset },
    record: Buffer.from(bytes, 'base64'),
  }))
  return { letters: await stored(held, plan, letters), events: eventsOf(parts, held, plan) }
}

/** A split that two tasks read was left out of once. */
function partsOf(answers: readonly TaskDone[]): UndecodedPart[] {
  const found = new Map<string, UndecodedPart>()
  for (const part of answers.flatMap((answer) => answer.undecoded ?? []))
    found.set(JSON.stringify([part.source, part.split]), part)
  return [...found.values()]
}

const recordsOf = ({ records }: TaskDone): number =>
  Object.values(records).reduce(
    (sum, splits) => sum + Object.values(splits).reduce((inner, count) => inner + count, 0),
    0,
  )

async function stored(
  { host }: HeldApp,
  { app, inc, batch }: BatchPlan,
  letters: readonly (DeadLetterFacts & { readonly record: unknown })[],
): Promise<DeadLetters | null> {
  if (letters.length === 0) return null
  const key = new ObjectKeys(app, inc).deadLetters(batch, `${host.random.newId()}.0`)
  const ref = await putBlob(host.blobs, key, encodeLetters(letters), 0)
  const open: Record<string, string[]> = {}
  for (const { source, id } of letters) (open[source] ??= []).push(id)
  return { batch, open, ref, undecoded: true }
}

const tooMany = (
  letters: number,
  records: number,
  { batch }: BatchPlan,
  { source, first }: UndecodedPart,
): SluiceError =>
  new SluiceError(
    'E_DEAD_LETTERS',
    `${letters} lines could not be decoded, beside ${records} records; the first: ${first.message}`,
    {
      where: { operator: source, batch, detail: first.path },
      did: 'nothing was set aside: so many are no accident; the batch did not commit, and its input is read again',
      next: [
        'name the encoding: encoding, maxLineBytes',
        "leave out such files: onDecodeError: 'skip-file', or a filter",
      ],
    },
  )

function eventsOf(parts: readonly UndecodedPart[], { forgets }: HeldApp, { batch }: BatchPlan): EngineEvent[] {
  const sources = [...new Set(parts.map(({ source }) => source))]
  return sources.map((source) => {
    const own = parts.filter((part) => part.source === source)
    const sum = (of: (part: UndecodedPart) => number): number => own.reduce((total, part) => total + of(part), 0)
    const [replaced, letters, skipped] = [
      sum((part) => part.replaced),
      sum((part) => part.lettersCount),
      sum((part) => part.skipped),
    ]
    const { first } = own[0]!
    const kept = forgets ? 'left out, and gone with this process' : `kept as dead letters (sluice dead list <dir>)`
    const words = [
      replaced > 0 && `${counted(replaced, 'line')} with U+FFFD for what is no text`,
      letters > 0 && `${lettersOf(letters, own)} ${kept}`,
      skipped > 0 && `${counted(skipped, 'file')} skipped`,
    ].filter((each) => each !== false)
    return {
      type: 'source-undecoded',
      level: 'warn',
      source,
      batch,
      replaced,
      letters,
      skipped,
      code: first.code,
      example: first.path,
      message: `${source}, batch ${batch}: ${words.join(', ')}; the first: ${first.message} (${first.code})`,
    }
  })
}

/** How they are called. */
function lettersOf(letters: number, parts: readonly UndecodedPart[]): string {
  if (parts.every(({ isReceived }) => isReceived)) return `${counted(letters, 'record')} that cannot be stored`
  return counted(letters, 'line or file', 'lines or files')
}
