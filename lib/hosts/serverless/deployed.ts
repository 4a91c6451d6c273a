import type { AwsClients } from '../../adapters/aws/clients.ts'
import { isCalled } from '../../adapters/aws/service-error.ts'
import { type Looked, looked } from '../../adapters/aws/stage-facts.ts'
import { bounded } from '../../adapters/aws/bounded.ts'
import { ofServerlessCli } from './of-serverless-cli.ts'
import type { StagePlace } from './place.ts'
import type { Owner } from './rights.ts'
import type { Account } from './schedules.ts'

/** A function as it is deployed, as the services say it themselves. Plain data. */
interface DeployedFunction {
  readonly name: string
  /** What its role allows, statement by statement; `null`: the function is not there. */
  readonly statements: Looked<readonly unknown[] | null>
  /** Days that its log is kept; `null`: for ever. */
  readonly logDays: Looked<number | null>
  /** From which level on the platform writes lines of its own; `null`: all of them, as text. */
  readonly platformLevel: Looked<string | null>
}

/** What a function would be if it was deployed now. Plain data. */
interface WantedFunction {
  readonly statements: readonly unknown[]
  readonly logDays: number
  readonly platformLevel: string
}

/** A stage, and each of its functions as it is and as it should be. Plain data. */
export interface LookedStage extends StagePlace {
  /** Whose it is, where references of a template are looked up. */
  readonly owner: Owner
  readonly functions: readonly { readonly wanted: WantedFunction; readonly deployed: DeployedFunction }[]
}

interface Client {
  send(call: unknown): Promise<unknown>
}
type ClientClass = new (config: Account) => Client
type Call = new (input: object) => unknown

/** What is used of `@aws-sdk/client-iam`, which the Serverless CLI brings along. */
interface Iam {
  readonly IAMClient: ClientClass
  readonly ListRolePoliciesCommand: Call
  readonly GetRolePolicyCommand: Call
  readonly ListAttachedRolePoliciesCommand: Call
  readonly GetPolicyCommand: Call
  readonly GetPolicyVersionCommand: Call
}

/** What is used of `@aws-sdk/client-cloudwatch-logs`, which the Serverless CLI brings along. */
interface Logs {
  readonly CloudWatchLogsClient: ClientClass
  readonly DescribeLogGroupsCommand: Call
}

const DEADLINE_MS = 60_000

/** Looks at the roles and logs of functions; changes nothing, and fails for none of them. */
export async function deployedFunctions(
  clients: AwsClients,
  account: Account,
  names: readonly string[],
): Promise<readonly DeployedFunction[]> {
  const roles = new Roles(account)
  const logs = new LogGroups(account)
  return Promise.all(
    names.map(async (name) => {
      const config = await looked(() => configuration(clients, name))
      if ('why' in config) return { name, statements: config, logDays: config, platformLevel: config }
      const { found } = config
      if (found === null) return { name, statements: config as Looked<null>, logDays: NONE, platformLevel: NONE }
      return {
        name,
        statements: await looked(() => roles.statementsOf(found.role)),
        logDays: await looked(() => logs.daysOf(found.logGroup)),
        platformLevel: { found: found.platformLevel },
      }
    }),
  )
}

const NONE: Looked<null> = { found: null }

interface Configuration {
  readonly role: string
  readonly logGroup: string
  readonly platformLevel: string | null
}

async function configuration(clients: AwsClients, FunctionName: string): Promise<Configuration | null> {
  const { client, sdk } = await clients.lambda()
  try {
    const { Role, LoggingConfig } = await client.send(new sdk.GetFunctionConfigurationCommand({ FunctionName }))
    return {
      // The last part of an ARN, behind a path.
      role: Role!.split('/').at(-1)!,
      logGroup: LoggingConfig?.LogGroup ?? `/aws/lambda/${FunctionName}`,
      platformLevel: LoggingConfig?.SystemLogLevel ?? null,
    }
  } catch (error) {
    if (isCalled(error, 'ResourceNotFoundException')) return null
    throw error
  }
}

/** What roles allow: by policies of their own, and by those that somebody has attached. */
class Roles {
  readonly #account: Account
  #client: Client | null = null

  constructor(account: Account) {
    this.#account = account
  }

  async statementsOf(RoleName: string): Promise<readonly unknown[]> {
    const { ListRolePoliciesCommand, ListAttachedRolePoliciesCommand } = this.#sdk
    const { PolicyNames = [] } = await this.#ask<{ PolicyNames?: string[] }>(new ListRolePoliciesCommand({ RoleName }))
    const { AttachedPolicies = [] } = await this.#ask<{ AttachedPolicies?: { PolicyArn: string }[] }>(
      new ListAttachedRolePoliciesCommand({ RoleName }),
    )
    const documents = await Promise.all([
      ...PolicyNames.map((PolicyName) => this.#ownPolicy(RoleName, PolicyName)),
      ...AttachedPolicies.map(({ PolicyArn }) => this.#attachedPolicy(PolicyArn)),
    ])
    return documents.flatMap((document) => {
      const { Statement } = JSON.parse(decodeURIComponent(document)) as { Statement: unknown }
      return [Statement].flat()
    })
  }

  async #ownPolicy(RoleName: string, PolicyName: string): Promise<string> {
    const asked = new this.#sdk.GetRolePolicyCommand({ RoleName, PolicyName })
    return (await this.#ask<{ PolicyDocument: string }>(asked)).PolicyDocument
  }

  async #attachedPolicy(PolicyArn: string): Promise<string> {
    const { GetPolicyCommand, GetPolicyVersionCommand } = this.#sdk
    const { Policy } = await this.#ask<{ Policy: { DefaultVersionId: string } }>(new GetPolicyCommand({ PolicyArn }))
    const { PolicyVersion } = await this.#ask<{ PolicyVersion: { Document: string } }>(
      new GetPolicyVersionCommand({ PolicyArn, VersionId: Policy.DefaultVersionId }),
    )
    return PolicyVersion.Document
  }

  get #sdk(): Iam {
    return ofServerlessCli<Iam>('@aws-sdk/client-iam')
  }

  async #ask<T>(call: unknown): Promise<T> {
    this.#client ??= bounded(new this.#sdk.IAMClient(this.#account), { service: 'IAM', deadlineMs: DEADLINE_MS })
    return (await this.#client.send(call)) as T
  }
}

class LogGroups {
  readonly #account: Account
  #client: Client | null = null

  constructor(account: Account) {
    this.#account = account
  }

  /** `null`: it is kept for ever, or nobody has written to it yet. */
  async daysOf(logGroupNamePrefix: string): Promise<number | null> {
    const sdk = ofServerlessCli<Logs>('@aws-sdk/client-cloudwatch-logs')
    const config = { service: 'CloudWatch Logs', deadlineMs: DEADLINE_MS }
    this.#client ??= bounded(new sdk.CloudWatchLogsClient(this.#account), config)
    const { logGroups = [] } = (await this.#client.send(new sdk.DescribeLogGroupsCommand({ logGroupNamePrefix }))) as {
      logGroups?: { logGroupName: string; retentionInDays?: number }[]
    }
    return logGroups.find(({ logGroupName }) => logGroupName === logGroupNamePrefix)?.retentionInDays ?? null
  }
}
