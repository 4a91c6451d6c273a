import { bounded } from '../../adapters/aws/bounded.ts'
import type { Credentials } from '../../adapters/aws/clients.ts'
import { ofServerlessCli } from './of-serverless-cli.ts'

/** Where a stage is, and who asks. */
export interface Account {
  readonly region: string
  readonly credentials: Credentials
}

type Call = new (input: object) => unknown

/** What is used of `@aws-sdk/client-eventbridge`, which the Serverless CLI brings along. */
interface EventBridge {
  readonly EventBridgeClient: new (config: Account) => { send(call: unknown): Promise<{ RuleNames?: string[] }> }
  readonly ListRuleNamesByTargetCommand: Call
  readonly DisableRuleCommand: Call
  readonly EnableRuleCommand: Call
}

/** Lets the rules that wake functions (ARNs) wake them again, or not any more; how many rules there are. */
export async function setSchedules(
  account: Account,
  functions: readonly string[],
  state: 'enabled' | 'disabled',
): Promise<number> {
  const sdk = ofServerlessCli<EventBridge>('@aws-sdk/client-eventbridge')
  const client = bounded(new sdk.EventBridgeClient(account), { service: 'EventBridge', deadlineMs: 60_000 })
  const Change = state === 'enabled' ? sdk.EnableRuleCommand : sdk.DisableRuleCommand
  let rules = 0
  for (const TargetArn of functions) {
    const { RuleNames = [] } = await client.send(new sdk.ListRuleNamesByTargetCommand({ TargetArn }))
    for (const Name of RuleNames) await client.send(new Change({ Name }))
    rules += RuleNames.length
  }
  return rules
}
