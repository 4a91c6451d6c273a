import { checkedEndpoint } from '../../adapters/aws/endpoint.ts'
import { secretsIn } from '../../adapters/local/known-secrets.ts'
import { SluiceError } from '../../model/errors.ts'
import { own } from '../../model/given.ts'
import { variables } from '../../model/settings/variables.ts'
import { USER_AGENT } from './functions.ts'
import type { Stage } from './stage.ts'

/**
 * Refuses variables under `provider.environment` that no function could use: `E_ENV` for one that is blank, has white
 * space around it, or would not reach a function because the plugin or the platform sets it, and for more of them than
 * a function may have; `E_ENDPOINT` for the address of a service that is none, or that would lead a protected stage
 * away from Amazon. Values are not shown: they may be secrets.
 */
export function checkEnvironment(environment: Readonly<Record<string, unknown>>, { stage, keeps }: Stage): void {
  for (const [name, value] of Object.entries(environment)) {
    if (isOfPlugin(name)) throw notTheirs(name)
    if (OF_PLATFORM.has(name)) throw ofPlatform(name)
    // References are for CloudFormation to resolve.
    if (typeof value !== 'string') continue
    if (value.trim() !== value || value === '') throw badValue(name, value)
    if (!name.startsWith('AWS_ENDPOINT_URL')) continue
    checkedEndpoint(name, value, undefined)
    if (keeps) throw endpointIn(stage, name)
  }
  checkBytes(environment)
}

/** What AWS Lambda takes of names and values together; the plugin adds a few hundred bytes of its own. */
const BYTES_MAX = 4096

function checkBytes(environment: Readonly<Record<string, unknown>>): void {
  let bytes = 0
  for (const [name, value] of Object.entries(environment))
    bytes += Buffer.byteLength(name) + (typeof value === 'string' ? Buffer.byteLength(value) : 0)
  if (bytes > BYTES_MAX) throw tooLarge(bytes)
}

/**
 * Refuses secrets that stand in the file itself (`E_SECRET_INLINE`): `text` is what it holds before anything is put in.
 * What came from somewhere else, by `${env:…}` or `${ssm:…}`, is not found there.
 */
export function checkSecrets(environment: Readonly<Record<string, unknown>>, text: string): void {
  for (const [name, value] of Object.entries(environment)) {
    if (typeof value !== 'string') continue
    if (secretsIn({ [name]: value }).some((secret) => text.includes(secret))) throw inlineSecret(name)
  }
}

/** What the plugin tells each function goes before what is said of all of them. */
const isOfPlugin = (name: string): boolean => name === USER_AGENT || own(OF_LIBRARY, name)?.of === 'functions'
const OF_LIBRARY: Readonly<Record<string, { readonly of: string }>> = variables

/** Lambda sets these itself, and refuses a function that does. */
const OF_PLATFORM: ReadonlySet<string> = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
])

const ofPlatform = (name: string): SluiceError =>
  new SluiceError('E_ENV', `The variable ${name} in serverless.yml is one that AWS Lambda sets itself.`, {
    where: { detail: 'serverless.yml, provider.environment' },
    did: 'nothing was packaged',
    next: [`take ${name} out`, 'the region is provider.region; rights are those of the roles'],
  })

const tooLarge = (bytes: number): SluiceError =>
  new SluiceError('E_ENV', `The variables in serverless.yml are of ${bytes} bytes, names included.`, {
    where: { detail: 'serverless.yml, provider.environment' },
    did: `nothing was packaged: a function may have ${BYTES_MAX}`,
    next: ['keep what is long in a file of the package, in Parameter Store or in S3'],
  })

const notTheirs = (name: string): SluiceError =>
  new SluiceError('E_ENV', `The variable ${name} in serverless.yml is one that the plugin sets for each function.`, {
    where: { detail: 'serverless.yml, provider.environment' },
    did: 'nothing was packaged',
    next: [`take ${name} out`, 'tasks that run at once are an option: sluice: { slots: … }'],
  })

const inlineSecret = (name: string): SluiceError =>
  new SluiceError('E_SECRET_INLINE', `The variable ${name} in serverless.yml holds a secret in plain text.`, {
    where: { detail: 'serverless.yml, provider.environment' },
    did: 'nothing was packaged',
    next: [
      `write ${name}: \${env:${name}}, and set it where you deploy`,
      `or ${name}: \${ssm:/path/of/it}, and keep it with the parameters of the account`,
    ],
  })

const badValue = (name: string, value: string): SluiceError =>
  new SluiceError(
    'E_ENV',
    `The variable ${name} in serverless.yml is ${value.trim() === '' ? 'blank' : 'a text with white space around it'}.`,
    {
      where: { detail: 'serverless.yml, provider.environment' },
      did: 'nothing was packaged',
      next: [`give ${name} a value, or take it out`],
    },
  )

const endpointIn = (stage: string, name: string): SluiceError =>
  new SluiceError('E_ENDPOINT', `The stage ${stage} is protected, and ${name} would lead it away from Amazon.`, {
    where: { detail: 'serverless.yml, provider.environment' },
    did: 'nothing was packaged',
    next: [`take ${name} out`, 'use another stage, or another list under sluice.protect'],
  })
