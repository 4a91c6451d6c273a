import { checkedEndpoint } from '../../adapters/aws/endpoint.ts'
import { secretsIn } from '../../adapters/local/known-secrets.ts'
import { SluiceError } from '../../model/errors.ts'
import { own } from '../../model/given.ts'
import { variables } from '../../model/settings/variables.ts'
import { USER_AGENT } from './functions.ts'
import type { Stage } from './stage.ts'

/**
 * Refuses variables under `provider.environment` that no function could use: `E_ENV` for one that is blank, has white
 * space around it, or would not reach a function because the plugin sets it, and `E_ENDPOINT` for the address of a
 * service that is none, or that would lead a protected stage away from Amazon. Values are not shown: they may be
 * secrets.
 */
export function checkEnvironment(environment: Readonly<Record<string, unknown>>, { stage, keeps }: Stage): void {
  for (const [name, value] of Object.entries(environment)) {
    if (isOfPlugin(name)) throw notTheirs(name)
    // References are for CloudFormation to resolve.
    if (typeof value !== 'string') continue
    if (value.trim() !== value || value === '') throw badValue(name, value)
    if (!name.startsWith('AWS_ENDPOINT_URL')) continue
    checkedEndpoint(name, value, undefined)
    if (keeps) throw endpointIn(stage, name)
  }
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
