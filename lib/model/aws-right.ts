/** What somebody must be allowed on AWS: actions on one resource. */
export interface AwsRight {
  /** As IAM calls them (`sqs:SendMessage`), none with a wildcard. */
  readonly actions: readonly string[]
  /**
   * ARN of the resource. Partition, region and account are left empty where they are those of the stage:
   * `arn::kinesis:::stream/orders`.
   */
  readonly resource: string
}

/** An ARN as it stands; else the one that a name stands for, in the region (`''`: that of the stage). */
export const arnOf = (service: string, name: string, prefix: string, region = ''): string =>
  name.startsWith('arn:') ? name : `arn::${service}:${region}::${prefix}${name}`

/** Of a queue by its address, which says region, account and name; none where that is known after the deploy only. */
export function queueRights(url: string, ...actions: string[]): AwsRight[] {
  if (!URL.canParse(url)) return []
  const { hostname, pathname } = new URL(url)
  const [service, region] = hostname.split('.')
  const [account, name] = pathname.split('/').slice(-2)
  return [{ actions, resource: `arn::sqs:${service === 'sqs' ? region : ''}:${account}:${name}` }]
}
