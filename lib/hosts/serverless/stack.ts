import { bounded } from '../../adapters/aws/bounded.ts'
import { isCalled } from '../../adapters/aws/service-error.ts'
import { ofServerlessCli } from './of-serverless-cli.ts'
import type { Account } from './schedules.ts'

/** What is used of `@aws-sdk/client-cloudformation`, which the Serverless CLI brings along. */
interface CloudFormation {
  readonly CloudFormationClient: new (config: Account) => {
    send(call: unknown): Promise<{ Stacks?: { StackStatus?: string }[] }>
  }
  readonly DescribeStacksCommand: new (input: object) => unknown
}

/** Whether there is a stack of this name, whatever has become of it. */
export async function hasStack(account: Account, StackName: string): Promise<boolean> {
  const sdk = ofServerlessCli<CloudFormation>('@aws-sdk/client-cloudformation')
  const config = { service: 'CloudFormation', deadlineMs: 60_000 }
  const client = bounded(new sdk.CloudFormationClient(account), config)
  try {
    const { Stacks = [] } = await client.send(new sdk.DescribeStacksCommand({ StackName }))
    return Stacks.some(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE')
  } catch (error) {
    // So it says that there is none.
    if (isCalled(error, 'ValidationError')) return false
    throw error
  }
}
