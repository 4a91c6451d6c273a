import type { AwsRight } from '../../model/aws-right.ts'
import { hasQueue, type ProgramNeeds, type S3Part } from './needs.ts'
import { demanded } from './provider-block.ts'
import { type FunctionName, kindOf, type ServerlessOptions, type StageFunction } from './options.ts'
import {
  anyBucketArn,
  asWritten,
  bucketArn,
  deadTicksArn,
  logArn,
  objectsArn,
  ownArn,
  partArn,
  type Stage,
  tableArn,
  ticksArn,
  versionsArn,
} from './stage.ts'

/** One statement of an IAM policy; a wildcard ends a resource of the stage's own, and stands in no action. */
interface Statement {
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: unknown
  readonly Condition?: unknown
}

const below = (...folders: string[]): unknown => ({
  StringLike: { 's3:prefix': folders.map((folder) => `${folder}/*`) },
})

const allow = (Resource: unknown, ...Action: string[]): Statement => ({ Effect: 'Allow', Action, Resource })

/**
 * What each function may do. User code runs in tasks and outputs: neither may write the head or delete an object, so
 * even a hostile function of the program cannot commit a batch, move a position or destroy state.
 */
const policies: Readonly<Record<FunctionName | 'receiver', (stage: Stage) => readonly Statement[]>> = {
  coordinator: (stage) => [
    allow(tableArn(stage), 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem'),
    // It deletes what sources say that they no longer need; user code says so, so it is theirs alone.
    allow(objectsArn(stage, 'blobs'), 's3:GetObject', 's3:PutObject', 's3:DeleteObject'),
    // What people have decided about letters and outputs, while there are any that wait.
    { ...allow(bucketArn(stage), 's3:ListBucket'), Condition: below('blobs') },
    allow([versionsArn(stage, 'task'), versionsArn(stage, 'output')], 'lambda:InvokeFunction'),
    // Lambda itself sends there, in the name of the function.
    allow(deadTicksArn(stage), 'sqs:SendMessage'),
  ],
  task: (stage) => [
    allow(tableArn(stage), 'dynamodb:GetItem'),
    allow(objectsArn(stage, 'blobs'), 's3:GetObject', 's3:PutObject'),
    allow(objectsArn(stage, 'in'), 's3:GetObject'),
    // Where a batch is planned: sources say what is new.
    { ...allow(bucketArn(stage), 's3:ListBucket'), Condition: below('in', 'blobs') },
  ],
  output: (stage) => [
    allow(tableArn(stage), 'dynamodb:GetItem'),
    allow(objectsArn(stage, 'blobs'), 's3:GetObject'),
    allow(objectsArn(stage, 'out'), 's3:GetObject', 's3:PutObject', 's3:DeleteObject'),
    { ...allow(bucketArn(stage), 's3:ListBucket'), Condition: below('out') },
  ],
  // Code of the program runs there as well. It says who receives in items of their own, and stores blocks.
  receiver: (stage) => [
    allow(tableArn(stage), 'dynamodb:GetItem'),
    {
      ...allow(tableArn(stage), 'dynamodb:PutItem'),
      Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['receivers/*'] } },
    },
    allow(objectsArn(stage, 'blobs'), 's3:GetObject', 's3:PutObject'),
  ],
  // The only one that may delete what was stored, and it runs no code of the program.
  gc: (stage) => [
    allow(tableArn(stage), 'dynamodb:GetItem', 'dynamodb:Scan'),
    allow(objectsArn(stage, 'blobs'), 's3:GetObject', 's3:PutObject', 's3:DeleteObject'),
    { ...allow(bucketArn(stage), 's3:ListBucket'), Condition: below('blobs') },
  ],
}

/** What the program's own wishes come to. */
function needed(
  stage: Stage,
  name: StageFunction,
  needs: ProgramNeeds,
  { events }: Pick<ServerlessOptions, 'events'>,
): readonly Statement[] {
  switch (kindOf(name)) {
    case 'coordinator':
      return [...wakingQueue(stage, needs), ...wakingStreams(needs, events.streams)]
    case 'task':
      return [
        ...needs.reads
          .filter(isElsewhere('in'))
          .flatMap((part) => [allow(partArn(stage, part.bucket, part.prefix), 's3:GetObject'), listing(stage, part)]),
        ...granted(needs.rights.sources),
      ]
    case 'output':
      return [
        ...needs.writes
          .filter(isElsewhere('out'))
          .flatMap((part) => [
            allow(partArn(stage, part.bucket, part.prefix), 's3:GetObject', 's3:PutObject', 's3:DeleteObject'),
            listing(stage, part),
          ]),
        ...granted(needs.rights.outputs),
      ]
    case 'receiver':
    case 'gc':
      return []
  }
}

/** To take messages out is what the platform does in the name of the function, and it itself when it fails. */
function wakingQueue(stage: Stage, needs: ProgramNeeds): readonly Statement[] {
  if (!hasQueue(needs)) return []
  return [{ Effect: 'Allow', Action: QUEUE_ACTIONS, Resource: ticksArn(stage) }]
}

const QUEUE_ACTIONS = ['sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']

function wakingStreams({ byEvents }: ProgramNeeds, streams: readonly unknown[]): readonly Statement[] {
  if (!byEvents || streams.length === 0) return []
  return [{ Effect: 'Allow', Action: STREAM_ACTIONS, Resource: streams }]
}

/** By which the platform reads a stream in the name of the function. */
const STREAM_ACTIONS = [
  'kinesis:DescribeStream',
  'kinesis:DescribeStreamSummary',
  'kinesis:GetRecords',
  'kinesis:GetShardIterator',
  'kinesis:ListShards',
]

/** Two outputs may write to one place. */
const granted = (rights: readonly AwsRight[]): Statement[] => [
  ...new Map(
    rights.map(({ actions, resource }) => [
      `${actions.join()} ${resource}`,
      { Effect: 'Allow' as const, Action: actions, Resource: ownArn(resource) },
    ]),
  ).values(),
]

const isElsewhere =
  (folder: string) =>
  ({ bucket, prefix }: S3Part): boolean =>
    bucket !== null || !prefix.startsWith(`${folder}/`)

const listing = (stage: Stage, { bucket, prefix }: S3Part): Statement => ({
  ...allow(anyBucketArn(stage, bucket), 's3:ListBucket'),
  Condition: { StringLike: { 's3:prefix': [`${asWritten(prefix)}*`] } },
})

/**
 * All that a function may do: its part of the protocol, its own log, what the program needs, and what `serverless.yml`
 * asks for.
 */
export const statementsOf = (
  stage: Stage,
  name: StageFunction,
  needs: ProgramNeeds,
  options: Pick<ServerlessOptions, 'events' | 'functions' | 'roles'>,
): readonly unknown[] => [
  ...policies[kindOf(name)](stage),
  allow(logArn(stage, name), 'logs:CreateLogStream', 'logs:PutLogEvents'),
  ...needed(stage, name, needs, options),
  ...demanded(stage, name, options.roles),
  ...options.functions[kindOf(name)].permissions,
]

export const roleOf = (
  stage: Stage,
  name: StageFunction,
  needs: ProgramNeeds,
  options: Pick<ServerlessOptions, 'events' | 'functions' | 'roles'>,
): unknown => role(statementsOf(stage, name, needs, options), options)

export const role = (statements: readonly unknown[], { roles }: Pick<ServerlessOptions, 'roles'>): unknown => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    ...roles.properties,
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: ['lambda.amazonaws.com'] }, Action: ['sts:AssumeRole'] }],
    },
    Policies: [{ PolicyName: 'sluice', PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
  },
})
