import { bundle } from './bundle.ts'
import { codeId, describeCode } from './code-id.ts'
import { checkEnvironment, checkSecrets } from './check-environment.ts'
import {
  asProvided,
  capital,
  type FunctionBlock,
  functionBlocks,
  offlineEnvironment,
  receiverBlocks,
  receiverFunction,
  roleName,
  wakingOf,
} from './functions.ts'
import { type FoundNeeds, type ProgramNeeds, programNeeds } from './needs.ts'
import { FUNCTION_NAMES, schema, type ServerlessOptions, serverlessOptions, type StageFunction } from './options.ts'
import { ownerOf } from './rights.ts'
import { roleOf, statementsOf } from './policies.ts'
import type { ProviderBlock } from './provider-block.ts'
import { resources } from './resources.ts'
import { checkPlan, credentialsOf } from './check-plan.ts'
import { checkNames, checkNeeds, checkService, checkTaken } from './check-service.ts'
import { type StagePlace, stagePlace } from './place.ts'
import { plainConfig, saidOfAll } from './plain-config.ts'
import type { LookedStage } from './deployed.ts'
import { otherName, protectedStage } from './refusals.ts'
import {
  type CommandLine,
  folderOf,
  forTheTerminal,
  type Resource,
  type Serverless,
  type Tools,
  writtenText,
} from './serverless-cli.ts'
import { stackName, type Stage } from './stage.ts'
import { StageOnAws } from './stage-on-aws.ts'

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
  /** What `sluice` asks of the Serverless CLI: where a stage is. */
  readonly commands = {
    'sluice-place': { usage: 'Says where a stage is, for the commands of sluice', lifecycleEvents: ['place'] },
    'sluice-deployed': { usage: 'Says how a stage is deployed, for sluice doctor', lifecycleEvents: ['look'] },
    'sluice-print': { usage: 'Says what a stage is without this plugin', lifecycleEvents: ['print'] },
    'sluice-down': {
      usage: 'Lets a stage rest, or deletes it, for sluice down',
      lifecycleEvents: ['down'],
      options: { delete: { usage: 'Name of the stage, to delete all of it', type: 'string' } },
    },
  }
  /** Which step of the Serverless CLI does what. */
  readonly hooks: Readonly<Record<string, () => void | Promise<void>>>
  readonly #serverless: Serverless
  readonly #options: ServerlessOptions
  /** As the command line gives it. */
  readonly #stageName: string | null
  /** What `sluice down` was told to delete. */
  readonly #deletes: string | null
  readonly #say: (message: string) => void
  /** The version of the program that was there before this deploy. */
  #versionBefore: string | null = null
  /** Functions that `serverless.yml` has itself. */
  #others: Readonly<Record<string, FunctionBlock>> = {}
  /** Known once the program was built. */
  #needs: FoundNeeds | null = null

  /** Called by the Serverless CLI, with the options of its command line. */
  constructor(serverless: Serverless, options: CommandLine, { log }: Tools = {}) {
    this.#serverless = serverless
    // In the constructor: the configuration is checked before the hooks.
    serverless.configSchemaHandler.defineTopLevelProperty('sluice', schema)
    this.#stageName = options.stage ?? null
    this.#deletes = options.delete ?? null
    const provider = serverless.configurationInput['provider'] as ProviderBlock
    this.#options = forTheTerminal(() => serverlessOptions(serverless.configurationInput['sluice'], provider))
    this.#say = (message) => log?.notice?.(`sluice: ${message}`)
    this.hooks = Object.fromEntries(
      Object.entries(this.#steps()).map(([step, run]) => [step, () => forTheTerminal(run)]),
    )
  }

  #steps(): Readonly<Record<string, () => void | Promise<void>>> {
    return {
      // Not in the constructor: functions that are added there are lost without a word.
      initialize: () => this.#addFunctions(),
      'before:package:initialize': () => this.#beforePackage(),
      'before:offline:start:init': () => this.#beforeOffline(),
      'after:package:compileFunctions': () => this.#pinVersions(),
      'before:package:finalize': () => this.#addResources(),
      'before:deploy:deploy': () => this.#beforeDeploy(),
      'after:deploy:deploy': () => this.#afterDeploy(),
      'before:remove:remove': () => this.#beforeRemove(),
      'after:remove:remove': () => this.#onAws.deleteWhatStackLeft(),
      'sluice-down:down': () => this.#down(),
      'sluice-place:place': async () => {
        process.stdout.write(`${JSON.stringify(await this.#place())}\n`)
      },
      'sluice-deployed:look': async () => {
        process.stdout.write(`${JSON.stringify(await this.#looked())}\n`)
      },
      'sluice-print:print': async () => {
        process.stdout.write(`${JSON.stringify(await this.#plain())}\n`)
      },
    }
  }

  get #folder(): string {
    return folderOf(this.#serverless)
  }

  get #stage(): Stage {
    const { service, provider } = this.#serverless.service
    const stage = this.#stageName ?? provider.stage ?? 'dev'
    return { service, stage, keeps: this.#options.protect.includes(stage) }
  }

  get #onAws(): StageOnAws {
    const { coordinator } = this.#options.functions
    const made = { stage: this.#stage, coordinator, functionNames: () => this.#functionNames() }
    return new StageOnAws(made, this.#serverless, this.#say)
  }

  get #template(): Record<string, Resource> {
    return this.#serverless.service.provider.compiledCloudFormationTemplate.Resources
  }

  #addFunctions(): void {
    const { provider, functions } = this.#serverless.service
    this.#others = { ...functions }
    checkService(this.#stage, { provider, functions })
    checkEnvironment(provider.environment ?? {}, this.#stage)
    checkSecrets(provider.environment ?? {}, writtenText(this.#serverless))
    const blocks = functionBlocks(this.#stage, this.#options)
    // What `provider` says of all functions goes before what is usual here.
    for (const name of FUNCTION_NAMES) functions[name] = asProvided(blocks[name], provider)
  }

  /** What was added as the Serverless CLI began is completed with what the program needs. */
  async #beforePackage(): Promise<void> {
    await this.#complete()
    this.#wake(await this.#programNeeds())
  }

  /** The functions, with those of receivers, and their code. */
  async #complete(): Promise<void> {
    const { provider, functions } = this.#serverless.service
    const needs = await this.#programNeeds()
    checkNeeds(needs, this.#options)
    const names = await this.#functionNames()
    checkNames(this.#stage, names)
    checkTaken(this.#stage, names, this.#others)
    const receivers = Object.entries(receiverBlocks(this.#stage, this.#options, needs))
    for (const [name, block] of receivers) functions[name] = asProvided(block, provider)
    await bundle(this.#folder, this.#options.app, receivers.length > 0)
  }

  async #functionNames(): Promise<readonly StageFunction[]> {
    const { receivers } = await this.#programNeeds()
    return [...FUNCTION_NAMES, ...receivers.map(receiverFunction)]
  }

  #wake(needs: ProgramNeeds, environment = wakingOf(needs).environment): void {
    const coordinator = this.#function('coordinator')
    Object.assign(coordinator, wakingOf(needs).block)
    Object.assign(coordinator.environment, environment)
  }

  async #programNeeds(): Promise<FoundNeeds> {
    return (this.#needs ??= await programNeeds(this.#folder, await this.#place()))
  }

  /** serverless-offline runs what was bundled, and resolves no references: there is no queue. */
  async #beforeOffline(): Promise<void> {
    await this.#complete()
    this.#wake(await this.#programNeeds(), {})
    for (const name of await this.#functionNames())
      Object.assign(this.#function(name).environment, offlineEnvironment(this.#stage))
  }

  /** One that was added. */
  #function(name: StageFunction): FunctionBlock {
    return this.#serverless.service.functions[name]!
  }

  /**
   * One batch runs on one version of the program from start to end: the coordinator calls what was published with it,
   * and says which code that is.
   */
  async #pinVersions(): Promise<void> {
    const { Properties } = this.#template['CoordinatorLambdaFunction']!
    Properties['Description'] = describeCode(await this.#codeId())
    const { Environment } = Properties
    for (const name of ['task', 'output'] as const)
      Environment.Variables[`SLUICE_${name.toUpperCase()}_FUNCTION`] = { Ref: this.#versionOf(name) }
  }

  /** Of what was bundled. */
  async #codeId(): Promise<string> {
    return codeId(this.#folder, (await this.#programNeeds()).receivers.length > 0)
  }

  /** The logical id of the version that this deploy publishes; it ends in a hash of the code. */
  #versionOf(name: 'task' | 'output'): string {
    const prefix = `${capital(name)}LambdaVersion`
    return Object.keys(this.#template).find((id) => id.startsWith(prefix))!
  }

  async #addResources(): Promise<void> {
    const needs = await this.#programNeeds()
    for (const name of await this.#functionNames())
      this.#template[roleName(name)] = roleOf(this.#stage, name, needs, this.#options) as Resource
    Object.assign(this.#template, resources(this.#stage, this.#options, needs))
  }

  async #plain(): Promise<Readonly<Record<string, unknown>>> {
    const region = this.#serverless.getProvider('aws').getRegion()
    const said = saidOfAll(this.#serverless.service.provider, writtenText(this.#serverless))
    return plainConfig(this.#stage, this.#options, await this.#programNeeds(), { ...said, region })
  }

  /** Where commands find this stage. */
  async #place(): Promise<StagePlace> {
    const provider = this.#serverless.getProvider('aws')
    const { environment = {} } = this.#serverless.service.provider
    const account = await provider.getAccountId().catch(() => null)
    return stagePlace(this.#stage, this.#options, { region: provider.getRegion(), account, environment })
  }

  /**
   * Where this stage is, and how its functions are deployed, beside what they would be if they were deployed now.
   * Throws `E_AWS_ACCESS`.
   */
  async #looked(): Promise<LookedStage> {
    await this.#onAws.access()
    const [place, needs, names] = [await this.#place(), await this.#programNeeds(), await this.#functionNames()]
    const blocks: Readonly<Record<string, FunctionBlock>> = {
      ...functionBlocks(this.#stage, this.#options),
      ...receiverBlocks(this.#stage, this.#options, needs),
    }
    const deployed = await this.#onAws.functions(names)
    const functions = names.map((name, i) => {
      const { logs, logRetentionInDays } = blocks[name]!
      const statements = statementsOf(this.#stage, name, needs, this.#options)
      const wanted = { statements, logDays: logRetentionInDays, platformLevel: logs.systemLogLevel }
      return { wanted, deployed: deployed[i]! }
    })
    const owner = ownerOf(place.region, await this.#serverless.getProvider('aws').getAccountId())
    return { ...place, owner, functions }
  }

  /** Shows what the deploy would do to what is stored, and refuses it before anything has changed. */
  async #beforeDeploy(): Promise<void> {
    const { AWS_ENDPOINT_URL: endpoint } = process.env
    if (endpoint !== undefined) this.#say(`target  ${endpoint} (not AWS)`)
    await this.#onAws.refuseRetained()
    const { clients } = await this.#onAws.access()
    const place = { ...(await this.#place()), code: await this.#codeId() }
    await checkPlan(this.#folder, place, await credentialsOf(clients))
    this.#versionBefore = await this.#onAws.version()
  }

  async #afterDeploy(): Promise<void> {
    await this.#onAws.letRun()
    await this.#onAws.sayWhoTakesOver(this.#versionBefore, await this.#programNeeds())
  }

  async #beforeRemove(): Promise<void> {
    const stage = this.#stage
    if (stage.keeps && this.#deletes === null) throw protectedStage(stage)
    await this.#onAws.empty()
  }

  /** Lets the stage rest, or deletes it. */
  async #down(): Promise<void> {
    const stage = this.#stage
    if (this.#deletes === null) return this.#onAws.rest()
    if (this.#deletes !== stackName(stage)) throw otherName(stage, this.#deletes)
    // Comes to #beforeRemove.
    if (await this.#onAws.hasStack()) return this.#serverless.pluginManager.spawn('remove')
    await this.#onAws.deleteData()
  }
}

// What `require('sluice/serverless')` gives, as the Serverless CLI loads its plugins.
export { SluiceServerless as 'module.exports' }
export default SluiceServerless
