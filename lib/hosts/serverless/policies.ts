import type { FunctionName } from './options.ts'
import { bucketArn, deadTicksArn, logArn, objectsArn, type Stage, tableArn, versionsArn } from './stage.ts'

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
const policies: Readonly<Record<FunctionName, (stage: Stage) => readonly Statement[]>> = {
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
  // The only one that may delete what was stored, and it runs no code of the program.
  gc: (stage) => [
    allow(tableArn(stage), 'dynamodb:GetItem', 'dynamodb:Scan'),
    allow(objectsArn(stage, 'blobs'), 's3:GetObject', 's3:PutObject', 's3:DeleteObject'),
    { ...allow(bucketArn(stage), 's3:ListBucket'), Condition: below('blobs') },
  ],
}

/** All that a function may do: its part of the protocol, its own log, and what the program asks for. */
export const statementsOf = (stage: Stage, name: FunctionName, asked: readonly unknown[]): readonly unknown[] => [
  ...policies[name](stage),
  allow(logArn(stage, name), 'logs:CreateLogStream', 'logs:PutLogEvents'),
  ...asked,
]

export const role = (statements: readonly unknown[]): unknown => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: ['lambda.amazonaws.com'] }, Action: ['sts:AssumeRole'] }],
    },
    Policies: [{ PolicyName: 'sluice', PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
  },
})
