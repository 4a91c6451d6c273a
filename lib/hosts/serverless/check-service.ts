import { SluiceError } from '../../model/errors.ts'
import { capital } from './functions.ts'
import type { FoundNeeds, ProgramNeeds } from './needs.ts'
import { FUNCTION_NAMES, kindOf, type ServerlessOptions, type StageFunction } from './options.ts'
import { checkHeard, type ProviderBlock } from './provider-block.ts'
import { bucketPrefix, functionName, type Stage } from './stage.ts'

/** What `serverless.yml` says beside the block of this plugin. */
interface Beside {
  readonly provider: ProviderBlock & { readonly name?: string; readonly runtime?: string }
  /** Those that the file names itself. */
  readonly functions: Readonly<Record<string, { readonly [option: string]: unknown }>>
}

/**
 * Refuses a service whose deploy would fail late or run on what it cannot: `E_NAME` for a name that a bucket or a
 * function may not have, or that two functions would have, and `E_CONF` for another provider or runtime, and for what
 * `provider` says of functions that there are none of.
 */
export function checkService(stage: Stage, { provider, functions }: Beside): void {
  if (provider.name !== undefined && provider.name !== 'aws')
    throw refused('E_CONF', `"provider.name" in serverless.yml is "${provider.name}".`, 'write "name: aws"')
  checkRuntime(provider.runtime)
  checkHeard(provider, functions)
  checkNames(stage, FUNCTION_NAMES)
  checkTaken(stage, FUNCTION_NAMES, functions)
}

/**
 * Refuses functions of the file that would take the place of one of these, or the other way round (`E_NAME`): in a
 * template their names begin with a capital letter.
 */
export function checkTaken(stage: Stage, names: readonly StageFunction[], functions: Beside['functions']): void {
  for (const [other, { name }] of Object.entries(functions)) {
    const taken = names.find((each) => capital(each) === capital(other) || functionName(stage, each) === name)
    if (taken === undefined) continue
    throw refused(
      'E_NAME',
      `The plugin makes a function "${taken}", and serverless.yml has one of this name: "${other}".`,
      `call it otherwise; how the plugin's own is set up is said by "sluice.${kindOf(taken)}"`,
    )
  }
}

/** Node as this library needs it; a runtime that is not named is this one. */
export const RUNTIME = 'nodejs24.x'

function checkRuntime(runtime = RUNTIME): void {
  const [, node] = /^nodejs(\d+)\.x$/.exec(runtime) ?? []
  if (node !== undefined && Number(node) >= 24) return
  throw refused(
    'E_CONF',
    `"provider.runtime" in serverless.yml is "${runtime}", which runs no function of this plugin.`,
    `write "runtime: ${RUNTIME}"; another one belongs to the function that needs it`,
  )
}

/** The number of an account. */
const ACCOUNT_CHARS = 12
const BUCKET_CHARS_MAX = 63
const FUNCTION_CHARS_MAX = 64

/** A deploy would find out after minutes, and take everything back. */
export function checkNames(stage: Stage, names: readonly StageFunction[]): void {
  const name = `${stage.service}-${stage.stage}`
  if (name !== name.toLowerCase())
    throw refused(
      'E_NAME',
      `The service "${stage.service}" and the stage "${stage.stage}" name a bucket, which has no capital letters.`,
      `write "${name.toLowerCase()}": service and stage in lower case`,
    )
  const over = names
    .map((each) => functionName(stage, each).length - FUNCTION_CHARS_MAX)
    .reduce((most, each) => Math.max(most, each), bucketPrefix(stage).length + ACCOUNT_CHARS - BUCKET_CHARS_MAX)
  if (over <= 0) return
  throw refused(
    'E_NAME',
    `The service "${stage.service}" and the stage "${stage.stage}" make names too long for buckets or functions.`,
    `make service and stage together ${over} characters shorter`,
  )
}

/** What a program asks of its stage that cannot be: throws what the checks behind this one throw. */
export function checkNeeds(needs: FoundNeeds, options: ServerlessOptions): void {
  checkPackages(needs)
  checkEvents(needs, options)
  checkWrites(needs)
}

/** Refuses who is to wake a program whose batches come by the clock (`E_CONF`): nobody would ever be asked. @testing */
export function checkEvents({ byEvents }: Pick<ProgramNeeds, 'byEvents'>, { events }: ServerlessOptions): void {
  if (byEvents || events.buckets.length + events.streams.length === 0) return
  throw refused(
    'E_CONF',
    '"sluice.events" in serverless.yml names who wakes the program, whose batches come by the clock.',
    "take it out, or have batches come for events: app(…, { conf: { 'sluice.trigger': 'events' } })",
  )
}

/** The folder of the engine's own objects. */
const STATE = 'blobs/'

/** Refuses outputs that write where state lies (`E_CONF`): they would be allowed to delete it. @testing */
export function checkWrites({ writes }: Pick<ProgramNeeds, 'writes'>): void {
  const own = writes.filter(({ bucket }) => bucket === null).map(({ prefix }) => prefix)
  const among = own.find((prefix) => prefix.startsWith(STATE) || STATE.startsWith(prefix))
  if (among === undefined) return
  throw refused(
    'E_CONF',
    `An output writes to "${among}" of the stage's own bucket, where the state of the program lies.`,
    'write below out/, or to a bucket of your own',
  )
}

/**
 * Refuses what would only be found out by the first invocation (`E_AWS_PACKAGE`): a bundle is made without it.
 * @testing
 */
export function checkPackages({ missing }: Pick<FoundNeeds, 'missing'>): void {
  if (missing.length === 0) return
  throw new SluiceError(
    'E_AWS_PACKAGE',
    `Functions of this program load what is not installed: ${missing.join(', ')}.`,
    {
      did: 'nothing was packaged',
      next: [`npm install ${missing.join(' ')}`],
    },
  )
}

const refused = (code: 'E_CONF' | 'E_NAME', message: string, next: string): SluiceError =>
  new SluiceError(code, message, { where: { detail: 'serverless.yml' }, did: 'nothing was packaged', next: [next] })
