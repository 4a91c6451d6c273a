import type { FunctionName, ServerlessOptions } from './options.ts'
import { BUCKET_ID, bucketName, deadTicksName, functionName, type Stage, TABLE_ID, tableName } from './stage.ts'

/** Everything besides functions and their roles, as CloudFormation. Pure. */
export function resources(stage: Stage, options: ServerlessOptions): Record<string, unknown> {
  const kept = stage.keeps ? 'Retain' : 'Delete'
  return {
    [TABLE_ID]: {
      Type: 'AWS::DynamoDB::Table',
      DeletionPolicy: kept,
      UpdateReplacePolicy: 'Retain',
      Properties: {
        TableName: tableName(stage),
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: stage.keeps,
      },
    },
    [BUCKET_ID]: {
      Type: 'AWS::S3::Bucket',
      DeletionPolicy: kept,
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BucketName: bucketName(stage),
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        // No rule may expire objects below blobs/: age says nothing about which are still needed.
        LifecycleConfiguration: {
          Rules: [
            {
              Id: 'unfinished-uploads',
              Status: 'Enabled',
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
            },
          ],
        },
      },
    },
    SluiceDeadTicks: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: deadTicksName(stage),
        MessageRetentionPeriod: 14 * 24 * 3600,
        SqsManagedSseEnabled: true,
      },
    },
    ...(options.alarmTopic === null ? {} : alarms(stage, options.alarmTopic)),
  }
}

/** What an alarm looks at: a number of things in a minute. */
interface Watched {
  readonly description: string
  readonly namespace: 'AWS/Lambda' | 'AWS/SQS'
  readonly metric: string
  readonly dimension: { readonly Name: string; readonly Value: string }
  readonly minutes: number
}

function alarms(stage: Stage, topic: string): Record<string, unknown> {
  const ofFunction = (description: string, name: FunctionName, metric: string, minutes: number): Watched => ({
    description,
    namespace: 'AWS/Lambda',
    metric,
    dimension: { Name: 'FunctionName', Value: functionName(stage, name) },
    minutes,
  })
  const deadTicks: Watched = {
    description: 'A tick failed for good: what it said lies in the queue.',
    namespace: 'AWS/SQS',
    metric: 'ApproximateNumberOfMessagesVisible',
    dimension: { Name: 'QueueName', Value: deadTicksName(stage) },
    minutes: 1,
  }
  const busy = 'is turned away: raise its concurrency, or the account has none left.'
  return {
    SluiceFailing: tooMany(ofFunction('Batches or outputs fail.', 'coordinator', 'Errors', 3), topic),
    SluiceThrottled: tooMany(ofFunction(`The task function ${busy}`, 'task', 'Throttles', 3), topic),
    SluiceTurnedAway: tooMany(ofFunction(`The coordinator ${busy}`, 'coordinator', 'Throttles', 3), topic),
    SluiceDeadTick: tooMany(deadTicks, topic),
    SluiceSilent: none(
      ofFunction('The schedule does not wake the coordinator.', 'coordinator', 'Invocations', 5),
      topic,
    ),
  }
}

const tooMany = (watched: Watched, topic: string): unknown =>
  alarm(watched, topic, { ComparisonOperator: 'GreaterThanOrEqualToThreshold', TreatMissingData: 'notBreaching' })

/** Nothing at all: what is not counted is as bad as a count of none. */
const none = (watched: Watched, topic: string): unknown =>
  alarm(watched, topic, { ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching' })

const alarm = (
  { description, namespace, metric, dimension, minutes }: Watched,
  topic: string,
  how: Readonly<Record<string, string>>,
): unknown => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmDescription: description,
    Namespace: namespace,
    MetricName: metric,
    Dimensions: [dimension],
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: minutes,
    Threshold: 1,
    ...how,
    AlarmActions: [topic],
  },
})
