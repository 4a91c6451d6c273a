import { given } from '../../model/given.ts'
import { SluiceError } from '../../model/errors.ts'
import { functionArn, type Stage, versionsArn } from './stage.ts'
import type { StageFunction } from './options.ts'

/** What `provider` in `serverless.yml` says that roles have to follow, as far as it is read here. */
export interface ProviderBlock {
  readonly vpc?: unknown
  readonly tracing?: { readonly lambda?: unknown }
  readonly kmsKeyArn?: unknown
  readonly environment?: Readonly<Record<string, unknown>>
  readonly iam?: { readonly role?: unknown }
  /** As it was written before there was `iam`; so are the others of this name. */
  readonly rolePermissionsBoundary?: unknown
  readonly [option: string]: unknown
}

/**
 * How roles follow what `provider` says of all functions. The Serverless CLI lets its own role follow by itself; each
 * function of this plugin has another one.
 */
export interface RoleDemands {
  readonly isInVpc: boolean
  readonly isTraced: boolean
  /** The key of their variables, where it is not that of the account; else `null`. */
  readonly key: unknown
  /** What every role has besides its rights, as CloudFormation says it. */
  readonly properties: Readonly<Record<string, unknown>>
}

export function roleDemands(provider: ProviderBlock = {}): RoleDemands {
  const { permissionsBoundary, permissionBoundary, path, tags } = roleBlock(provider)
  const boundary = permissionsBoundary ?? permissionBoundary ?? provider.rolePermissionsBoundary
  return {
    isInVpc: Boolean(provider.vpc),
    isTraced: Boolean(provider.tracing?.lambda),
    key: provider.kmsKeyArn ?? null,
    properties: {
      ...given({ PermissionsBoundary: boundary, Path: path }),
      ...given({ Tags: tags && Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }),
    },
  }
}

/** The statements that come of it. */
export function demanded(stage: Stage, name: StageFunction, { isInVpc, isTraced, key }: RoleDemands): unknown[] {
  const statements: unknown[] = []
  if (isInVpc) for (const each of inVpc(stage, name)) statements.push(each)
  if (isTraced) statements.push({ Effect: 'Allow', Action: TRACE_ACTIONS, Resource: '*' })
  if (key !== null) statements.push({ Effect: 'Allow', Action: ['kms:Decrypt'], Resource: key })
  return statements
}

/** The platform puts a function into a network in the name of the function; the code that runs there may not. */
const inVpc = (stage: Stage, name: StageFunction): readonly unknown[] => {
  const itself = [functionArn(stage, name), versionsArn(stage, name)]
  const interfaces = { Action: NETWORK_ACTIONS, Resource: '*' }
  return [
    { Effect: 'Allow', ...interfaces },
    { Effect: 'Deny', ...interfaces, Condition: { ArnLike: { 'lambda:SourceFunctionArn': itself } } },
  ]
}

/** Interfaces have no names before they are there. */
const NETWORK_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
]

/** A trace has no name at all. */
const TRACE_ACTIONS = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords']

/**
 * Refuses what `provider` says of functions of which there are none (`E_CONF`): those of the plugin say it themselves,
 * and have roles of their own.
 */
export function checkHeard(provider: ProviderBlock, functions: Readonly<Record<string, unknown>>): void {
  if (Object.keys(functions).length > 0) return
  const { statements, managedPolicies } = roleBlock(provider)
  const said: Readonly<Record<string, unknown>> = {
    ...provider,
    'iam.role': provider.iam?.role,
    'iam.role.statements': statements,
    'iam.role.managedPolicies': managedPolicies,
  }
  for (const [option, next] of Object.entries(INSTEAD))
    // A block of a role says more than this.
    if (said[option] !== undefined && !isBlock(said[option])) throw notHeard(option, next)
}

/** The name of a role stands for one that is there already. */
function roleBlock({ iam }: ProviderBlock): Readonly<Record<string, object | undefined>> {
  if (isBlock(iam?.role)) return iam.role
  return {}
}

const isBlock = (value: unknown): value is Readonly<Record<string, object>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const RIGHTS = 'write statements for the function whose code needs them: sluice: { task: { permissions: […] } }'
const ROLE = 'take it out: each function of the plugin has a role of its own, as docs/deploying.md says'

/** Where what all functions share is written for those of the plugin. */
const INSTEAD: Readonly<Record<string, string>> = {
  memorySize: 'write it for the function that needs it: sluice: { task: { memorySize: … } }',
  timeout: 'write it for the function that needs it: sluice: { task: { timeout: … } }',
  logRetentionInDays: 'write it under sluice: sluice: { logRetentionInDays: … }',
  role: ROLE,
  'iam.role': ROLE,
  'iam.role.statements': RIGHTS,
  'iam.role.managedPolicies': RIGHTS,
  iamRoleStatements: RIGHTS,
  iamManagedPolicies: RIGHTS,
}

const notHeard = (option: string, next: string): SluiceError =>
  new SluiceError(
    'E_CONF',
    `"provider.${option}" in serverless.yml is about no function: the plugin's do not take it.`,
    {
      where: { detail: 'serverless.yml' },
      did: 'nothing was packaged',
      next: [next],
    },
  )
