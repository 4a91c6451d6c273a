import { setTimeout } from 'node:timers/promises'
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'

/** The address of an emulator of AWS. */
type Url = string

/**
 * Names of everything that is left in an account, sorted, of every kind of resource that the plugin makes: whatever is
 * there after `remove` goes on costing.
 */
export async function everythingIn(url: Url): Promise<string[]> {
  const found = await Promise.all([
    stacks(url),
    named(query(url, 'iam', 'Action=ListRoles&Version=2010-05-08'), 'RoleName'),
    named(query(url, 'sqs', 'Action=ListQueues&Version=2012-11-05'), 'QueueUrl'),
    named(query(url, 'monitoring', 'Action=DescribeAlarms&Version=2010-08-01'), 'AlarmName'),
    named(signed(url, 's3', { method: 'GET' }), 'Name'),
    listed(json(url, 'dynamodb', 'DynamoDB_20120810.ListTables'), 'TableNames'),
    listed(json(url, 'kinesis', 'Kinesis_20131202.ListStreams'), 'StreamNames'),
    named(query(url, 'sns', 'Action=ListTopics&Version=2010-03-31'), 'TopicArn'),
    listed(signed(url, 'scheduler', { method: 'GET' }, '/schedules'), 'Schedules', 'Name'),
    listed(json(url, 'events', 'AWSEvents.ListRules'), 'Rules', 'Name'),
    listed(json(url, 'logs', 'Logs_20140328.DescribeLogGroups'), 'logGroups', 'logGroupName'),
    listed(signed(url, 'lambda', { method: 'GET' }, '/2015-03-31/functions/'), 'Functions', 'FunctionName'),
    listed(
      signed(url, 'lambda', { method: 'GET' }, '/2015-03-31/event-source-mappings/'),
      'EventSourceMappings',
      'EventSourceArn',
    ),
  ])
  return found.flat().toSorted()
}

/** Those that are gone are listed for a while. */
async function stacks(url: Url): Promise<string[]> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = new CloudFormationClient({ region: 'us-east-1', endpoint: url, credentials })
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({}))
  client.destroy()
  return Stacks.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE').map(
    ({ StackName }) => `Stack ${StackName}`,
  )
}

/** The service is named in the signature, which an emulator does not check. */
async function signed(url: Url, service: string, init: RequestInit, path = '/'): Promise<string> {
  const headers = new Headers(init.headers)
  headers.set(
    'authorization',
    `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
  )
  for (let tries = 1; ; tries++) {
    const answer = await fetch(url + path, { ...init, headers, signal: AbortSignal.timeout(60_000) })
    const text = await answer.text()
    if (answer.ok) return text
    // Of the first two calls to a service that come at once, the emulator may take one before it has its handlers.
    if (answer.status !== 501 || tries === 3) throw new Error(`${service}: ${answer.status} ${text}`)
    await setTimeout(500)
  }
}

const query = (url: Url, service: string, body: string): Promise<string> =>
  signed(url, service, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })

/** The clock of the emulator wakes nothing any more: who ticks is the test alone. */
export async function stopSchedules(url: Url): Promise<void> {
  const { Rules } = JSON.parse(await json(url, 'events', 'AWSEvents.ListRules')) as { Rules: { Name: string }[] }
  for (const { Name } of Rules) await json(url, 'events', 'AWSEvents.DisableRule', { Name })
}

/** Gives a role, by a part of its name, a policy that nobody has generated: all objects may be deleted. */
export async function widenRole(url: Url, part: string): Promise<void> {
  const RoleName = await roleOf(url, part)
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 's3:DeleteObject', Resource: '*' },
  })
  const asked = { Action: 'PutRolePolicy', Version: '2010-05-08', RoleName, PolicyName: 'wide', PolicyDocument }
  await query(url, 'iam', new URLSearchParams(asked).toString())
}

/** Deletes what `widenRole` has given. */
export async function narrowRole(url: Url, part: string): Promise<void> {
  const RoleName = await roleOf(url, part)
  const asked = { Action: 'DeleteRolePolicy', Version: '2010-05-08', RoleName, PolicyName: 'wide' }
  await query(url, 'iam', new URLSearchParams(asked).toString())
}

async function roleOf(url: Url, part: string): Promise<string> {
  const roles = await named(query(url, 'iam', 'Action=ListRoles&Version=2010-05-08'), 'RoleName')
  return roles.find((role) => role.includes(part))!.replace('RoleName ', '')
}

/** Keeps what is written to a log for 14 days: the emulator does not, whatever a template says. */
export const keepForDays = (url: Url, logGroupName: string): Promise<string> =>
  json(url, 'logs', 'Logs_20140328.PutRetentionPolicy', { logGroupName, retentionInDays: 14 })

/** Keeps it for ever. */
export const keepForEver = (url: Url, logGroupName: string): Promise<string> =>
  json(url, 'logs', 'Logs_20140328.DeleteRetentionPolicy', { logGroupName })

/** How many of them are kept from waking anything. */
export async function disabledRules(url: Url): Promise<number> {
  const { Rules } = JSON.parse(await json(url, 'events', 'AWSEvents.ListRules')) as { Rules: { State: string }[] }
  return Rules.filter(({ State }) => State === 'DISABLED').length
}

const json = (url: Url, service: string, target: string, body: object = {}): Promise<string> =>
  signed(url, service, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
  })

const named = async (answer: Promise<string>, tag: string): Promise<string[]> =>
  [...(await answer).matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'g'))].map(([, name]) => `${tag} ${name}`)

async function listed(answer: Promise<string>, list: string, name?: string): Promise<string[]> {
  const items = (JSON.parse(await answer) as Record<string, any[]>)[list] ?? []
  return items.map((item) => `${list} ${String(name === undefined ? item : item[name])}`)
}
