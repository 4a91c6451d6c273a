import type { StageFunction } from './options.ts'

/** What a stage is called, and whether its data outlives it. */
export interface Stage {
  readonly service: string
  readonly stage: string
  readonly keeps: boolean
}

/*
 * Names stay the same over every deploy, so that a table that was kept is never begun anew beside.
 */

export const tableName = ({ service, stage }: Stage): string => `${service}-${stage}-sluice`

/** Buckets share one namespace with everybody: the account's number, behind it, makes it one's own. */
export const bucketPrefix = ({ service, stage }: Stage): string => `${service}-${stage}-sluice-`

export const functionName = ({ service, stage }: Stage, name: StageFunction): string => `${service}-${stage}-${name}`

/** What the Serverless CLI calls the whole of it. */
export const stackName = ({ service, stage }: Stage): string => `${service}-${stage}`

/** Where ticks go that the coordinator failed on. */
export const deadTicksName = ({ service, stage }: Stage): string => `${service}-${stage}-dead-ticks`

/** What wakes the coordinator. */
export const ticksName = ({ service, stage }: Stage): string => `${service}-${stage}-ticks`

/** Logical ids of what holds data. */
export const TABLE_ID = 'SluiceHeads'
export const BUCKET_ID = 'SluiceObjects'
/** Of the queue that wakes the coordinator. */
export const TICKS_ID = 'SluiceTicks'

export const tableArn = (stage: Stage): unknown => arn('dynamodb', `table/${tableName(stage)}`)
export const bucketName = (stage: Stage): unknown => ({ 'Fn::Sub': `${bucketPrefix(stage)}\${AWS::AccountId}` })
export const bucketArn = (stage: Stage): unknown => ({ 'Fn::Sub': bucketText(stage) })
/** What lies below a folder of the bucket. */
export const objectsArn = (stage: Stage, folder: string): unknown => ({ 'Fn::Sub': `${bucketText(stage)}/${folder}/*` })
/** What begins with `prefix`, in a bucket of the name or in the stage's own. */
export const partArn = (stage: Stage, bucket: string | null, prefix: string): unknown => ({
  'Fn::Sub': `${bucket === null ? bucketText(stage) : foreignText(bucket)}/${literal(asWritten(prefix))}*`,
})
export const anyBucketArn = (stage: Stage, bucket: string | null): unknown =>
  bucket === null ? bucketArn(stage) : { 'Fn::Sub': foreignText(bucket) }
const foreignText = (bucket: string): string => `arn:\${AWS::Partition}:s3:::${bucket}`
/** An ARN whose empty parts are those of the stage. */
export function ownArn(text: string): unknown {
  const [, partition, service, region = '', account = '', ...rest] = text.split(':')
  const name = rest.map(literal).join(':')
  // What S3 and the like keep in no region, and other services in one, is written out by who wrote a whole ARN.
  if (partition !== '') return text
  const where = `${literal(region) || '${AWS::Region}'}:${literal(account) || '${AWS::AccountId}'}`
  return { 'Fn::Sub': `arn:\${AWS::Partition}:${service}:${where}:${name}` }
}
/** A text in which a policy takes nothing for a pattern or a variable. */
export const asWritten = (text: string): string => text.replaceAll(/\$(?=\{)|[*?]/g, '${$&}')
/** A text that holds no reference. */
const literal = (text: string): string => text.replaceAll('${', '${!')
const bucketText = (stage: Stage): string => `arn:\${AWS::Partition}:s3:::${bucketPrefix(stage)}\${AWS::AccountId}`
export const ticksArn = (stage: Stage): unknown => arn('sqs', ticksName(stage))
export const deadTicksArn = (stage: Stage): unknown => arn('sqs', deadTicksName(stage))
/**
 * Every published version of a function: a batch that is under way when a deploy changes its role ends on the version
 * that it began with.
 */
export const versionsArn = (stage: Stage, name: StageFunction): unknown =>
  arn('lambda', `function:${functionName(stage, name)}:*`)
export const functionArn = (stage: Stage, name: StageFunction): unknown =>
  arn('lambda', `function:${functionName(stage, name)}`)
export const logArn = (stage: Stage, name: StageFunction): unknown =>
  arn('logs', `log-group:/aws/lambda/${functionName(stage, name)}:*`)

const arn = (service: string, rest: string): unknown => ({
  'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}`,
})
