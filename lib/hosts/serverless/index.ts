import { bundle, BUILD_FOLDER } from './bundle.ts'
import { FUNCTION_NAMES, type FunctionName, schema, type ServerlessOptions, serverlessOptions } from './options.ts'
import { emptyBucket } from './empty-bucket.ts'
import { logStatement, policies, role } from './policies.ts'
import { bucketPrefix, resources, type Stage, tableName } from './resources.ts'

/** What this plugin uses of the Serverless CLI (osls 4). */
export interface Serverless {
  /** The folder of `serverless.yml`. */
  readonly serviceDir?: string
  /** What `serverless.yml` holds. */
  readonly configurationInput: Readonly<Record<string, unknown>>
  /** Where a plugin declares the blocks that it reads. */
  readonly configSchemaHandler: { defineTopLevelProperty(name: string, schema: object): void }
  /** The account that is deployed to, and how its services are called. */
  getProvider(name: 'aws'): { getAccountId(): Promise<string>; getAwsSdkV3Config(): Promise<object> }
  /** The service as it is packaged; functions are added to it. */
  readonly service: {
    readonly service: string
    readonly provider: {
      readonly stage?: string
      readonly compiledCloudFormationTemplate: { readonly Resources: Record<string, Resource> }
    }
    readonly functions: Record<string, unknown>
  }
}

interface Resource {
  readonly Type: string
  Properties: Record<string, any>
}

interface Tools {
  readonly log?: { notice?(message: string): void }
}

/**
 * The plugin `sluice/serverless`: makes functions, one role for each, table, bucket and schedule of a program from five
 * lines of `serverless.yml`:
 *
 *     plugins: [sluice/serverless]
 *     sluice:
 *       app: src/app.ts
 *
 * Throws `E_CONF` and `E_UNKNOWN_OPTION` for a block that it cannot use, before anything is packaged.
 */
export class SluiceServerless {
  /** Which step of the Serverless CLI does what. */
  readonly hooks: Readonly<Record<string, () => void | Promise<void>>>
  readonly #serverless: Serverless
  readonly #options: ServerlessOptions
  /** As the command line gives it. */
  readonly #stageName: string | null
  readonly #say: (message: string) => void

  /** Called by the Serverless CLI, with the options of its command line. */
  constructor(serverless: Serverless, options: { readonly stage?: string }, { log }: Tools = {}) {
    this.#serverless = serverless
    // In the constructor: the configuration is checked before the hooks.
    serverless.configSchemaHandler.defineTopLevelProperty('sluice', schema)
    this.#stageName = options.stage ?? null
    this.#options = serverlessOptions(serverless.configurationInput['sluice'])
    this.#say = (message) => log?.notice?.(`sluice: ${message}`)
    this.hooks = {
      // Not in the constructor: functions that are added there are lost without a word.
      initialize: () => this.#addFunctions(),
      'before:package:initialize': () => bundle(this.#folder, this.#options.app),
      'after:package:compileFunctions': () => this.#pinVersions(),
      'before:package:finalize': () => this.#addResources(),
      'before:remove:remove': () => this.#beforeRemove(),
    }
  }

  get #folder(): string {
    return this.#serverless.serviceDir ?? process.cwd()
  }

  get #stage(): Stage {
    const { service, provider } = this.#serverless.service
    const stage = this.#stageName ?? provider.stage ?? 'dev'
    return { service, stage, keeps: this.#options.protect.includes(stage) }
  }

  get #template(): Record<string, Resource> {
    return this.#serverless.service.provider.compiledCloudFormationTemplate.Resources
  }

  #addFunctions(): void {
    for (const name of FUNCTION_NAMES) this.#serverless.service.functions[name] = this.#function(name)
  }

  #function(name: FunctionName): unknown {
    const { functions, slots, logRetentionInDays } = this.#options
    const { memorySize, timeout } = functions[name]
    return {
      name: functionName(this.#stage, name),
      handler: `${BUILD_FOLDER}/${name}.handler`,
      role: roleName(name),
      memorySize,
      timeout,
      logRetentionInDays,
      // A tick that is lost costs nothing, and one that is repeated finds nothing to do.
      maximumRetryAttempts: 0,
      maximumEventAge: 60,
      events: name === 'coordinator' ? [{ schedule: 'rate(1 minute)' }] : [],
      environment: {
        SLUICE_TABLE: { Ref: 'SluiceHeads' },
        SLUICE_BUCKET: { Ref: 'SluiceObjects' },
        SLUICE_SLOTS: String(slots),
      },
      package: { individually: true, patterns: ['!**', `${BUILD_FOLDER}/${name}.mjs`] },
    }
  }

  /**
   * One batch runs on one version of the program from start to end: the coordinator calls what was published with it.
   */
  #pinVersions(): void {
    const { Environment } = this.#template['CoordinatorLambdaFunction'].Properties
    for (const name of ['task', 'output'] as const)
      Environment.Variables[`SLUICE_${name.toUpperCase()}_FUNCTION`] = { Ref: this.#versionOf(name) }
  }

  /** The logical id of the version that this deploy publishes; it ends in a hash of the code. */
  #versionOf(name: 'task' | 'output'): string {
    const prefix = `${capital(name)}LambdaVersion`
    return Object.keys(this.#template).find((id) => id.startsWith(prefix))!
  }

  #addResources(): void {
    const called = [{ Ref: this.#versionOf('task') }, { Ref: this.#versionOf('output') }]
    for (const name of FUNCTION_NAMES) {
      const statements = [
        ...policies[name](called),
        logStatement(functionName(this.#stage, name)),
        ...this.#options.functions[name].permissions,
      ]
      this.#template[roleName(name)] = role(statements) as Resource
    }
    Object.assign(this.#template, resources(this.#stage, this.#options))
  }

  async #beforeRemove(): Promise<void> {
    const stage = this.#stage
    if (stage.keeps) {
      this.#say(`the stage ${stage.stage} is protected: its table ${tableName(stage)} and its bucket stay`)
      return
    }
    const aws = this.#serverless.getProvider('aws')
    const bucket = bucketPrefix(stage) + (await aws.getAccountId())
    const deleted = await emptyBucket(bucket, await aws.getAwsSdkV3Config())
    this.#say(`${deleted} objects of ${bucket} were deleted`)
  }
}

const capital = (name: string): string => name[0].toUpperCase() + name.slice(1)
const roleName = (name: FunctionName): string => `Sluice${capital(name)}Role`
const functionName = ({ service, stage }: Stage, name: FunctionName): string => `${service}-${stage}-${name}`

// What `require('sluice/serverless')` gives, as the Serverless CLI loads its plugins.
export { SluiceServerless as 'module.exports' }
export default SluiceServerless
