import type { FunctionName } from './options.ts'

/** One statement of an IAM policy; no action and no resource has a wildcard that covers more than its own prefix. */
interface Statement {
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: unknown
  readonly Condition?: unknown
}

const TABLE = { 'Fn::GetAtt': ['SluiceHeads', 'Arn'] }
const inBucket = (prefix: string): unknown => ({ 'Fn::Sub': `\${SluiceObjects.Arn}/${prefix}` })

/**
 * What each function may do. User code runs in tasks and outputs: neither may write the head or delete an object, so
 * even a hostile function of the program cannot commit a batch, move a position or destroy state.
 */
export const policies: Readonly<Record<FunctionName, (called: readonly unknown[]) => readonly Statement[]>> = {
  coordinator: (called) => [
    { Effect: 'Allow', Action: ['dynamodb:GetItem', 'dynamodb:PutItem'], Resource: TABLE },
    { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], Resource: inBucket('blobs/*') },
    { Effect: 'Allow', Action: ['s3:ListBucket'], Resource: { 'Fn::GetAtt': ['SluiceObjects', 'Arn'] } },
    { Effect: 'Allow', Action: ['s3:GetObject'], Resource: inBucket('in/*') },
    { Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: called },
  ],
  task: () => [
    { Effect: 'Allow', Action: ['dynamodb:GetItem'], Resource: TABLE },
    { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: inBucket('blobs/*') },
    { Effect: 'Allow', Action: ['s3:GetObject'], Resource: inBucket('in/*') },
  ],
  output: () => [
    { Effect: 'Allow', Action: ['dynamodb:GetItem'], Resource: TABLE },
    { Effect: 'Allow', Action: ['s3:GetObject'], Resource: inBucket('blobs/*') },
    { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], Resource: inBucket('out/*') },
    {
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: { 'Fn::GetAtt': ['SluiceObjects', 'Arn'] },
      Condition: { StringLike: { 's3:prefix': ['out/*'] } },
    },
  ],
}

/** Writing one's own log, and nobody else's. */
export const logStatement = (functionName: string): Statement => ({
  Effect: 'Allow',
  Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  Resource: {
    'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/${functionName}:*`,
  },
})

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
