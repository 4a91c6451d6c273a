import { assertAccess } from '../../adapters/aws/access.ts'
import { type AwsClients, awsClients } from '../../adapters/aws/clients.ts'
import { isCalled } from '../../adapters/aws/service-error.ts'
import { deployedFunctions } from './deployed.ts'
import { dataLeft, deleteData } from './delete-data.ts'
import { emptyBucket } from './empty-bucket.ts'
import type { StageFunction } from './options.ts'
import { bringToRest, keepOut, letRun } from './quiet.ts'
import { notDeployed, retained } from './refusals.ts'
import type { ProgramNeeds } from './needs.ts'
import { setSchedules } from './schedules.ts'
import type { SdkConfig, Serverless } from './serverless-cli.ts'
import { hasStack } from './stack.ts'
import { bucketPrefix, functionName, stackName, type Stage, tableName } from './stage.ts'
import { lastBatch, publishedVersion, takeoverWords } from './takeover.ts'

/** How the coordinator of a stage runs, as `ServerlessOptions` has it. */
interface CoordinatorOptions {
  /** Seconds. */
  readonly timeout: number
  readonly concurrency: number | null
}

/** The stage and its functions, as this plugin makes them. */
interface Made {
  readonly stage: Stage
  readonly coordinator: CoordinatorOptions
  readonly functionNames: () => Promise<readonly StageFunction[]>
}

interface Access {
  readonly clients: AwsClients
  readonly account: SdkConfig
}

/** A stage as it is in its account: looked at, let run, brought to rest, emptied and deleted. */
export class StageOnAws {
  readonly #made: Made
  readonly #provider: ReturnType<Serverless['getProvider']>
  readonly #say: (message: string) => void

  constructor(made: Made, serverless: Serverless, say: (message: string) => void) {
    this.#made = made
    this.#provider = serverless.getProvider('aws')
    this.#say = say
  }

  /** The account that is deployed to, as the Serverless CLI has found its credentials. Throws `E_AWS_ACCESS`. */
  async access(): Promise<Access> {
    const { region, credentials } = await this.#provider.getAwsSdkV3Config()
    const clients = awsClients({ ...process.env, AWS_REGION: region }, credentials)
    await assertAccess(clients)
    return { clients, account: { region, credentials } }
  }

  async hasStack(): Promise<boolean> {
    return hasStack((await this.access()).account, stackName(this.#made.stage))
  }

  /** What is there without a stack belongs to another one, or was kept on purpose. */
  async #assertStack(): Promise<void> {
    if (!(await this.hasStack())) throw notDeployed(this.#made.stage, await this.#left())
  }

  /** How these functions are deployed, in their order. */
  async functions(names: readonly StageFunction[]): ReturnType<typeof deployedFunctions> {
    const { clients, account } = await this.access()
    return deployedFunctions(
      clients,
      account,
      names.map((name) => functionName(this.#made.stage, name)),
    )
  }

  /** CloudFormation would say that the table exists, and not what to do about it. */
  async refuseRetained(): Promise<void> {
    if (await this.hasStack()) return
    const left = await this.#left()
    if (left.length > 0) throw retained(this.#made.stage, left)
  }

  /** Ticks that `sluice down`, or a `remove` that did not come to its end, had kept out are let in again. */
  async letRun(): Promise<void> {
    const { stage, coordinator } = this.#made
    const { clients, account } = await this.access()
    const wasKeptOut = await letRun(clients, functionName(stage, 'coordinator'), coordinator.concurrency)
    // A deploy that changes how many may run at once has let them run by itself.
    if (wasKeptOut || coordinator.concurrency !== null)
      await setSchedules(account, await this.#woken(clients), 'enabled')
  }

  /** Which version of the program it runs, before a deploy. */
  async version(): Promise<string | null> {
    return publishedVersion((await this.access()).clients, functionName(this.#made.stage, 'coordinator'))
  }

  /** After a deploy: from where on its program runs. */
  async sayWhoTakesOver(before: string | null, needs: ProgramNeeds): Promise<void> {
    const { stage } = this.#made
    const { clients } = await this.access()
    const now = await this.version()
    this.#say(takeoverWords({ before, now, committed: await lastBatch(clients, tableName(stage)) }, needs))
    this.#say(`next   npx sluice status --stage ${stage.stage}`)
  }

  /** Throws `E_NOT_DEPLOYED`. */
  async rest(): Promise<void> {
    const { stage } = this.#made
    await this.#assertStack()
    const { clients, account } = await this.access()
    // First: if this does not come to its end, that is what the next deploy sees.
    await keepOut(clients, functionName(stage, 'coordinator'))
    await setSchedules(account, await this.#woken(clients), 'disabled')
    await this.#bringToRest(clients)
    this.#say(`${stackName(stage)} rests: nothing runs, ${tableName(stage)} and its bucket keep what they hold`)
    this.#say(`next   npx osls deploy --stage ${stage.stage}   lets it go on`)
  }

  /**
   * Brings it to rest and deletes its objects: CloudFormation deletes no bucket that holds any. Throws
   * `E_NOT_DEPLOYED`, before anything is deleted.
   */
  async empty(): Promise<void> {
    await this.#assertStack()
    const { clients } = await this.access()
    await this.#bringToRest(clients)
    const { bucket } = await this.#data()
    this.#say(`objects deleted from ${bucket}: ${await emptyBucket(bucket, await clients.s3())}`)
  }

  /** After its stack: of a protected stage that leaves table and bucket. */
  async deleteWhatStackLeft(): Promise<void> {
    if (this.#made.stage.keeps) await deleteData((await this.access()).clients, await this.#data())
    await this.#sayWhatIsLeft()
  }

  /** Where there is no stack any more. */
  async deleteData(): Promise<void> {
    const { clients } = await this.access()
    const data = await this.#data()
    await emptyBucket(data.bucket, await clients.s3())
    await deleteData(clients, data)
    await this.#sayWhatIsLeft()
  }

  /** ARNs of the functions that a schedule wakes, as far as they are there: a removal may have ended half-way. */
  async #woken(clients: AwsClients): Promise<string[]> {
    const { client, sdk } = await clients.lambda()
    const { stage, functionNames } = this.#made
    const names = (await functionNames()).filter((name) => name !== 'task' && name !== 'output')
    const asked = names.map((name) =>
      client
        .send(new sdk.GetFunctionConfigurationCommand({ FunctionName: functionName(stage, name) }))
        .then(({ FunctionArn }) => [FunctionArn!])
        .catch((error: unknown) => {
          if (isCalled(error, 'ResourceNotFoundException')) return []
          throw error
        }),
    )
    return (await Promise.all(asked)).flat()
  }

  async #bringToRest(clients: AwsClients): Promise<void> {
    const { stage, coordinator } = this.#made
    const running = { table: tableName(stage), coordinator: functionName(stage, 'coordinator') }
    this.#say('waits for the batch that runs')
    await bringToRest(clients, running, (coordinator.timeout + 60) * 1000)
  }

  async #sayWhatIsLeft(): Promise<void> {
    const left = await this.#left()
    this.#say(left.length === 0 ? 'nothing left behind' : `still there: ${left.join(', ')}`)
  }

  async #left(): Promise<string[]> {
    return dataLeft((await this.access()).clients, await this.#data())
  }

  async #data(): Promise<{ readonly table: string; readonly bucket: string }> {
    const { stage } = this.#made
    return { table: tableName(stage), bucket: bucketPrefix(stage) + (await this.#provider.getAccountId()) }
  }
}
