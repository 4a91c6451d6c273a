import { allOpen, putCommand, readCommands } from '../checkpoint/dead-letters.ts'
import { readOpenLetters } from '../checkpoint/letter-blocks.ts'
import type { ObjectKeys } from '../checkpoint/object-keys.ts'
import type { BlobStore } from '../host/blob-store.ts'
import { systemRandom } from '../adapters/local/system-random.ts'
import { type DeadLetter, type DeadLetterCommand, recordName } from '../model/dead-letter.ts'
import { SluiceError } from '../model/errors.ts'
import { sparkText } from '../codec/text.ts'
import { readArguments } from './arguments.ts'
import { openStoredApp } from './stored-app.ts'
import { placeFlags, type StoredPlace, storedPlace } from './stored-place.ts'
import { counted } from './units.ts'
import { usageError } from './usage.ts'

/** The dead letters of one app, and where a command about them goes. */
interface OpenLetters {
  readonly letters: readonly DeadLetter[]
  /** What somebody has decided, and no run has done yet. */
  readonly commands: readonly DeadLetterCommand[]
  readonly blobs: BlobStore
  readonly keys: ObjectKeys
}

/** Lists and shows dead letters, and leaves word for the next start what is to become of them. */
export async function dead(args: readonly string[]): Promise<number> {
  const {
    values,
    words: [what, ...given],
  } = readArguments('dead', args, { ...placeFlags, app: { kind: 'text' }, json: { kind: 'switch' } })
  if (!isVerb(what))
    throw usageError(
      what === undefined
        ? 'dead needs a word: list, show, retry or drop.'
        : `dead cannot ${JSON.stringify(what)}; it can list, show, retry and drop.`,
      'sluice dead list .sluice',
    )
  const { place, words: ids } = await storedPlace(`dead ${what}`, values, given)
  const { typed } = place
  if ((what === 'list') !== (ids.length === 0))
    throw usageError(
      what === 'list' ? 'dead list takes a directory and nothing else.' : `dead ${what} needs an id, or "all".`,
      `sluice dead ${what} ${typed}${what === 'list' ? '' : ' all'}`,
    )
  const open = await openLetters(place, values.app)
  const chosen = what === 'list' ? open.letters : ids.flatMap((id) => chosenBy(id, what, open.letters, typed))
  if (what === 'retry' || what === 'drop') await command(what, chosen, open, typed)
  const describe = values.json ? asJson : what === 'show' ? inFull : inOneLine
  process.stdout.write(chosen.map((letter) => describe(letter, pendingOf(letter, open))).join(''))
  if (!values.json)
    process.stdout.write(
      closing[what](chosen.length, typed, ids.includes('all') ? open.letters.length - chosen.length : 0),
    )
  return 0
}

const closing = {
  list: (n: number, typed: string): string =>
    n === 0 ? 'no dead letters\n' : `  sluice dead show ${typed} all     sluice dead retry ${typed} all\n`,
  show: (): string => '',
  retry: (n: number, typed: string, left: number): string =>
    `${counted(n, 'dead letter')} will be read again by the first batch with input after the next start\n${
      left === 0 ? '' : `${counted(left, 'dead letter')} cannot be, and stay: sluice dead list ${typed}\n`
    }`,
  drop: (n: number): string => `${counted(n, 'dead letter')} will be gone after the first batch of the next start\n`,
} satisfies Record<string, (n: number, typed: string, left: number) => string>

const isVerb = (word: string | undefined): word is keyof typeof closing =>
  word !== undefined && Object.hasOwn(closing, word)

async function openLetters(place: StoredPlace, named: string | null): Promise<OpenLetters> {
  const { head, manifest, blobs, keys } = await openStoredApp(place, named)
  const [letters, commands] = await Promise.all([
    readOpenLetters(blobs, allOpen(head, manifest)),
    blobs.list(keys.deadLetterCommands).then((found) => readCommands(blobs, found)),
  ])
  return { blobs, keys, letters, commands }
}

function lettersNamed(id: string, letters: readonly DeadLetter[], typed: string): readonly DeadLetter[] {
  const found = id === 'all' ? letters : letters.filter((letter) => letter.id === id)
  if (found.length > 0) return found
  throw usageError(
    id === 'all' ? 'There are no dead letters.' : `There is no dead letter ${id}; it may have been dealt with.`,
    `sluice dead list ${typed}`,
  )
}

/** Of all, those are tried again that can be. */
function chosenBy(id: string, what: string, letters: readonly DeadLetter[], typed: string): readonly DeadLetter[] {
  const found = lettersNamed(id, letters, typed)
  if (id !== 'all' || what !== 'retry') return found
  const again = found.filter(isRetriable)
  return again.length > 0 ? again : found
}

async function command(
  what: DeadLetterCommand['verb'],
  letters: readonly DeadLetter[],
  { blobs, keys }: OpenLetters,
  typed: string,
): Promise<void> {
  const lost = what === 'retry' && letters.find((letter) => !isRetriable(letter))
  if (lost)
    throw new SluiceError('E_DEAD_LETTER', whyNotAgain(lost), {
      where: { detail: lost.id },
      did: 'nothing was changed',
      next: [
        `sluice dead drop ${typed} ${lost.id}`,
        lost.ofOutput
          ? `sluice dead show ${typed} ${lost.id}     and send what it shows to where "${lost.source}" writes`
          : 'send the record again from where it came',
      ],
    })
  await putCommand(blobs, keys, { verb: what, ids: letters.map(({ id }) => id) }, systemRandom.newId())
}

const isRetriable = ({ isStored, ofOutput }: DeadLetter): boolean => isStored && ofOutput !== true

function whyNotAgain({ id, source, undecoded, ofOutput }: DeadLetter): string {
  if (undecoded)
    return `${id} is what could be shown of something that is no record, so it cannot be read again as one.`
  if (ofOutput)
    return `${id} counts in its batch, and only "${source}" was shown without it: read again, it would count twice.`
  return `The record of ${id} is of a kind that cannot be stored, so it cannot be read again.`
}

type Pending = DeadLetterCommand['verb'] | null

/** The last word counts where there are several: who drops a letter wants nothing more of it. */
const pendingOf = ({ id }: DeadLetter, { commands }: OpenLetters): Pending => {
  const meant = commands.filter(({ ids }) => ids.includes(id)).map(({ verb }) => verb)
  return meant.includes('drop') ? 'drop' : (meant[0] ?? null)
}

const PENDING = {
  retry: 'will be read again after the next start',
  drop: 'will be gone after the next start',
} satisfies Record<DeadLetterCommand['verb'], string>

const inOneLine = ({ id, code, message, source, place }: DeadLetter, pending: Pending): string =>
  `  ${id.padEnd(10)}${source}  ${code}  ${message}${place === null ? '' : `  ${place}`}` +
  `${pending === null ? '' : `  (${PENDING[pending]})`}\n`

const inFull = (letter: DeadLetter, pending: Pending): string =>
  [
    `${letter.id}  ${letter.code}  ${letter.message}`,
    `  where   ${letter.place ?? 'unknown'} · ${recordName(letter.source, letter.split, letter.index)}`,
    ...(letter.retryOf === undefined ? [] : [`  before  it was dead letter ${letter.retryOf}, and failed again`]),
    ...(letter.ofOutput
      ? [`  output  "${letter.source}" was shown without it; the batch counts it everywhere else`]
      : []),
    ...(pending === null ? [] : [`  asked   ${PENDING[pending]}`]),
    isBytes(letter)
      ? `  bytes   ${bytesText(letter.record)}`
      : `  record  ${letter.isStored ? sparkText(letter.record) : 'of a kind that cannot be stored'}`,
    '',
  ].join('\n')

/** What no record could be made of. */
const isBytes = (letter: DeadLetter): letter is DeadLetter & { readonly record: Uint8Array } =>
  letter.undecoded !== undefined && letter.record instanceof Uint8Array

/** Text as far as it is plain text, and other bytes by their number. */
const bytesText = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : hex(byte))).join('')
const hex = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`

const asJson = (letter: DeadLetter, pending: Pending): string => {
  const record = letter.isStored ? sparkText(letter.record) : null
  const bytes = isBytes(letter) && { bytes: bytesText(letter.record) }
  return `${JSON.stringify({ type: 'dead-letter', ...letter, record, ...bytes, pending })}\n`
}
