import { own } from '../../model/given.ts'
import { SluiceError } from '../../model/errors.ts'
import { closest } from '../../model/nearest.ts'

/** What a value of the block may be, as far as JSON Schema is needed to say it. */
type ValueSchema =
  | { readonly type: 'integer'; readonly minimum: number; readonly maximum: number }
  | TextSchema
  | { readonly enum: readonly number[] }
  | { readonly type: 'array'; readonly items: TextSchema | StatementSchema }
  | BlockSchema

interface TextSchema {
  readonly type: 'string'
  readonly minLength: 1
  /** What it looks like, and that in words. */
  readonly pattern?: string
  readonly description?: string
}

/** A statement of IAM. */
interface StatementSchema {
  readonly type: 'object'
  readonly required: readonly ['Effect']
}

interface BlockSchema {
  readonly type: 'object'
  readonly additionalProperties: false
  readonly properties: { readonly [name: string]: ValueSchema }
  /** Without which the block says nothing. */
  readonly required?: readonly string[]
}

/**
 * Refuses what a block of `serverless.yml` may not say: the Serverless CLI only warns of it, and deploys. Throws
 * `E_UNKNOWN_OPTION` with the nearest name, `E_LIMIT` for a number out of its range or a block of too many values, and
 * `E_CONF` for a value of another kind, a number written as a text among them.
 */
export function checkOptions(value: unknown, schema: ValueSchema, where: string): void {
  checkSize(value, where)
  checkBlock(value, schema, where)
}

/** Values of a block, counted as often as aliases repeat them. */
const VALUES_MAX = 10_000

/** Anchors that hold anchors unfold into millions of values, which somebody would have to write into a template. */
function checkSize(block: unknown, where: string): void {
  let left = VALUES_MAX
  const pending = [block]
  while (pending.length > 0) {
    if (--left < 0) throw unfolded(where)
    const value = pending.pop()
    if (typeof value !== 'object' || value === null) continue
    // Names are not spread: one list may be as long as the file.
    for (const each of Object.values(value)) pending.push(each)
  }
}

const unfolded = (where: string): SluiceError =>
  refused('E_LIMIT', `"${where}" in serverless.yml unfolds into more than ${VALUES_MAX} values.`, [
    'write fewer aliases (*name) of anchors that hold aliases themselves',
  ])

function checkBlock(value: unknown, schema: ValueSchema, where: string): void {
  if ('enum' in schema) return checkChoice(value, schema.enum, where)
  if (schema.type === 'integer') return checkInteger(value, schema, where)
  if (schema.type === 'string') return checkText(value, schema, where)
  if (schema.type === 'array') return checkList(value, schema.items, where)
  checkProperties(value, schema, where)
}

function checkProperties(value: unknown, { properties, required = [] }: BlockSchema, where: string): void {
  if (!isBlock(value)) return refuseKind(where, 'a block of options', value)
  for (const [name, given] of Object.entries(value)) {
    const schema = own(properties, name)
    if (schema === undefined) throw unknownOption(where, name, Object.keys(properties))
    checkBlock(given, schema, `${where}.${name}`)
  }
  const missing = required.find((name) => !Object.hasOwn(value, name))
  if (missing !== undefined) refuseKind(where, `a block with ${missing}`, value)
}

function checkText(value: unknown, { pattern, description = 'a text' }: TextSchema, where: string): void {
  if (typeof value !== 'string' || value.trim() === '') return refuseKind(where, description, value)
  if (pattern !== undefined && !new RegExp(pattern).test(value)) refuseKind(where, description, value)
}

function checkList(value: unknown, of: TextSchema | StatementSchema, where: string): void {
  if (!Array.isArray(value)) return refuseKind(where, 'a list', value)
  for (const [i, item] of value.entries()) {
    const place = `${where}[${i}]`
    if (of.type === 'string') checkText(item, of, place)
    else checkStatement(item, place)
    if (value.indexOf(item) < i) throw twice(place, item)
  }
}

/** Two of a kind in a template would be refused in the middle of a deploy, or hide what was meant. */
const twice = (place: string, item: unknown): SluiceError =>
  refused('E_CONF', `"${place}" in serverless.yml is ${shown(item)} for the second time.`, ['leave one of them out'])

/** CloudFormation would find out in the middle of a deploy. */
function checkStatement(item: unknown, place: string): void {
  const isWhole = isBlock(item) && 'Effect' in item && hasOne(item, 'Action') && hasOne(item, 'Resource')
  if (!isWhole) return refuseKind(place, 'a block with Effect, Action and Resource', item)
  if (!EFFECTS.includes(item['Effect'])) refuseKind(`${place}.Effect`, EFFECTS.join(' or '), item['Effect'])
  const unknown = Object.keys(item).find((name) => !OF_STATEMENT.includes(name))
  if (unknown !== undefined) throw unknownOption(place, unknown, OF_STATEMENT)
}

const EFFECTS: readonly unknown[] = ['Allow', 'Deny']
const OF_STATEMENT = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']

const hasOne = (item: object, name: string): boolean => name in item || `Not${name}` in item

function checkInteger(
  value: unknown,
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
  where: string,
): void {
  if (typeof value !== 'number') return refuseKind(where, `a whole number from ${minimum} to ${maximum}`, value)
  if (Number.isSafeInteger(value) && value >= minimum && value <= maximum) return
  throw refused('E_LIMIT', `"${where}" in serverless.yml is ${value}.`, [
    `write a whole number from ${minimum} to ${maximum}`,
  ])
}

function checkChoice(value: unknown, choices: readonly number[], where: string): void {
  if (choices.includes(value as number)) return
  throw refused('E_LIMIT', `"${where}" in serverless.yml is ${shown(value)}.`, [`write one of ${choices.join(', ')}`])
}

const isBlock = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function refuseKind(where: string, wanted: string, value: unknown): never {
  throw refused('E_CONF', `"${where}" in serverless.yml is ${shown(value)}, and not ${wanted}.`, [`write ${wanted}`])
}

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 60) ?? 'nothing'

function unknownOption(where: string, name: string, known: readonly string[]): SluiceError {
  const message = `"${where}" in serverless.yml has no option "${name}".`
  if (Object.hasOwn(ELSEWHERE, name)) return refused('E_UNKNOWN_OPTION', message, [ELSEWHERE[name]!])
  const meant = closest(name, known)
  return refused('E_UNKNOWN_OPTION', message, [meant === null ? `use one of ${known.join(', ')}` : `write "${meant}"`])
}

/** What others expect here, and where it is. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  budget: 'sluice plan --records-per-second says what a day costs; AWS Budgets tells when an account has spent more',
  dashboard: 'there is none: sluice status --stage says how the app is, and the log has a line of JSON for each batch',
  dropState: 'it changes results, so it is a setting of the program: sluice.dropState',
  interval: 'it changes results, so it stands in the program: app(name, seconds(10), …)',
  keep: 'how many batches stay readable is a setting of the program: sluice.keepBatches',
  metrics: 'a metric filter of CloudWatch counts what you like in the lines of JSON that the log has for each batch',
  permissions: 'it is an option of a function: task: { permissions: […] } or output: { permissions: […] }',
  tracing: 'it is an option of the Serverless CLI: provider: { tracing: { lambda: true } }',
}

const refused = (
  code: 'E_CONF' | 'E_LIMIT' | 'E_UNKNOWN_OPTION',
  message: string,
  next: readonly string[],
): SluiceError =>
  new SluiceError(code, message, { where: { detail: 'serverless.yml' }, did: 'nothing was packaged', next })
