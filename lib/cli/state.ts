import { getBlob } from '../checkpoint/blobs.ts'
import { decodeFacts } from '../checkpoint/stored-facts.ts'
import { jsonText } from '../codec/json-text.ts'
import { sparkText } from '../codec/text.ts'
import type { OperatorFacts } from '../model/graph-facts.ts'
import { visibleLine } from '../model/visible.ts'
import { storedEntries, type StoredEntry, storedSize, type StoredSize } from '../state/stored-entries.ts'
import { readArguments } from './arguments.ts'
import { lookAtStoredApp, type StoredBatch } from './stored-app.ts'
import { placeFlags, storedPlace } from './stored-place.ts'
import { table } from './table.ts'
import { bytes, clockTime, count, counted, span } from './units.ts'
import { usageError } from './usage.ts'

const stateFlags = {
  ...placeFlags,
  app: { kind: 'text' },
  json: { kind: 'switch' },
  limit: { kind: 'number', min: 1, max: 1_000_000_000 },
} as const

/** How many keys are shown if nobody says. */
const SHOWN = 100

/** Shows what the last committed batch keeps: sizes of all operators, the keys of one, or one key. Only reads. */
export async function state(args: readonly string[]): Promise<number> {
  const { values, words: given } = readArguments('state', args, stateFlags)
  const { place, words } = await storedPlace('state', values, given)
  const [operator, key, ...more] = words
  if (more.length > 0)
    throw usageError(
      'state takes a directory, an operator and a key.',
      `sluice state ${place.typed} ${operator} '${key}'`,
    )
  const look = async (stored: StoredBatch): Promise<Shown> => {
    if (operator === undefined) return sizes(stored)
    const kept = stored.manifest?.state ?? {}
    const uid = operatorNamed(operator, Object.keys(kept), place.typed)
    const all = await storedEntries(uid, kept[uid], (ref) => getBlob(stored.blobs, ref))
    return { kind: 'entries', uid, all: key === undefined ? all : all.filter((entry) => isKey(entry, key)) }
  }
  const shown = await lookAtStoredApp(place, values.app, look)
  if (shown.kind === 'entries' && key !== undefined && shown.all.length === 0) return noSuchKey(shown.uid, key)
  const text = values.json ? asJson : asText
  process.stdout.write(text(shown, values.limit ?? SHOWN))
  return 0
}

type Shown = Sizes | { readonly kind: 'entries'; readonly uid: string; readonly all: readonly StoredEntry[] }

interface Sizes {
  readonly kind: 'sizes'
  readonly app: string
  readonly batch: number
  /** Its time; `null` before the first. */
  readonly time: number | null
  readonly operators: readonly OperatorSize[]
  /** Records of past batches that windows ask for again. */
  readonly kept: readonly { readonly stream: string; readonly batches: number; readonly bytes: number }[]
}

interface OperatorSize extends StoredSize {
  readonly operator: string
  readonly what: string
  readonly version: number
}

async function sizes({ head, manifest, blobs }: StoredBatch): Promise<Sizes> {
  const facts = manifest?.facts ? decodeFacts(await getBlob(blobs, manifest.facts), manifest.facts).operators : []
  const ofUid = new Map(facts.filter(({ own }) => own).map((operator) => [operator.uid, operator]))
  return {
    kind: 'sizes',
    app: head.conf['spark.app.name'] ?? head.app,
    batch: head.committed,
    time: manifest?.time ?? null,
    operators: Object.entries(manifest?.state ?? {}).map(([operator, stored]) => ({
      operator,
      what: whatItIs(ofUid.get(operator)),
      version: stored.version ?? 1,
      ...storedSize(stored),
    })),
    kept: Object.entries(manifest?.retained ?? {}).map(([stream, batches]) => ({
      stream,
      batches: batches.length,
      bytes: batches.flatMap(({ parts }) => parts).reduce((sum, { len }) => sum + len, 0),
    })),
  }
}

const whatItIs = (facts: OperatorFacts | undefined): string =>
  facts === undefined ? '–' : facts.window ? `${facts.kind} of ${span(facts.window.lengthMs)}` : facts.kind

/** By its uid, or any end of it that fits no other. */
function operatorNamed(word: string, uids: readonly string[], typed: string): string {
  const found = uids.includes(word) ? [word] : uids.filter((uid) => uid.endsWith(`/${word}`))
  if (found.length === 1) return found[0]
  throw usageError(
    found.length > 1
      ? `${JSON.stringify(word)} may be any of ${found.join(', ')}.`
      : `No operator ${JSON.stringify(word)} keeps state${uids.length > 0 ? `; these do: ${uids.join(', ')}` : ''}.`,
    `sluice state ${typed}`,
  )
}

/** As it is listed, or as JSON. */
const isKey = ({ key }: StoredEntry, word: string): boolean => sparkText(key) === word || jsonText(key) === word

function noSuchKey(uid: string, key: string): number {
  process.stderr.write(visibleLine(`  ${uid} keeps nothing under the key ${key}`) + '\n')
  return 1
}

function asText(shown: Shown, limit: number): string {
  if (shown.kind === 'sizes') return sizesText(shown)
  const rows = shown.all.slice(0, limit).map((entry) => [`  ${sparkText(entry.key)}`, valueText(entry)])
  const rest = shown.all.length - rows.length
  return lines([...table(rows), ...(rest > 0 ? [`  … ${counted(rest, 'more key')}; --limit <n> shows more`] : [])])
}

function valueText(entry: StoredEntry): string {
  if (entry.kind === 'panes')
    return entry.panes.map(({ time, value }) => `${clockTime(time)} ${sparkText(value)}`).join(', ')
  return sparkText(entry.value) + (entry.updated === null ? '' : `   updated ${clockTime(entry.updated)}`)
}

function sizesText({ app, batch, time, operators, kept }: Sizes): string {
  const asOf = time === null ? 'no batch is committed' : `as of batch #${count(batch)}, ${clockTime(time)}`
  const head = `${app}  ${asOf}`
  if (operators.length + kept.length === 0) return lines([head, '  no operator keeps anything'])
  const rows = [
    ['  operator', 'what', 'keys', 'bytes', 'stored as'],
    ...operators.map((each) => [`  ${each.operator}`, each.what, count(each.keys), bytes(each.bytes), storedAs(each)]),
    ...kept.map((each) => [
      `  ${each.stream}`,
      'records of past batches',
      '',
      bytes(each.bytes),
      counted(each.batches, 'batch', 'batches'),
    ]),
  ]
  return lines([head, ...table(rows)])
}

const storedAs = ({ blocks, panes, version }: OperatorSize): string =>
  [
    ...(blocks > 0 || panes === 0 ? [counted(blocks, 'block')] : []),
    ...(panes > 0 ? [counted(panes, 'pane')] : []),
    ...(version > 1 ? [`version ${version}`] : []),
  ].join(', ')

const lines = (all: readonly string[]): string => all.map((line) => `${visibleLine(line)}\n`).join('')

function asJson(shown: Shown, limit: number): string {
  if (shown.kind === 'entries')
    return shown.all
      .slice(0, limit)
      .map((entry) => entryJson(shown.uid, entry))
      .join('')
  const { app, batch } = shown
  const time = shown.time === null ? null : new Date(shown.time).toISOString()
  return [
    ...shown.operators.map((each) => ({ type: 'state', app, batch, time, ...each })),
    ...shown.kept.map((each) => ({ type: 'kept', app, batch, time, ...each })),
  ]
    .map((fact) => `${JSON.stringify(fact)}\n`)
    .join('')
}

/** Values have a JSON of their own, which `JSON.stringify` does not know. */
function entryJson(operator: string, entry: StoredEntry): string {
  const fields = [
    ['type', '"entry"'],
    ['operator', JSON.stringify(operator)],
    ['key', jsonText(entry.key)],
    ...(entry.kind === 'value'
      ? [['value', jsonText(entry.value)], ...(entry.updated === null ? [] : [['updated', iso(entry.updated)]])]
      : [
          [
            'panes',
            `[${entry.panes.map((pane) => `{"time":${iso(pane.time)},"value":${jsonText(pane.value)}}`).join()}]`,
          ],
        ]),
  ]
  return `{${fields.map(([name, json]) => `"${name}":${json}`).join()}}\n`
}

const iso = (ms: number): string => JSON.stringify(new Date(ms).toISOString())
