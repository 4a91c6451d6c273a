import { given } from '../../model/given.ts'
import { capital, receiverFunction } from './functions.ts'
import { hasQueue, type ProgramNeeds } from './needs.ts'
import type { ServerlessOptions, StageFunction } from './options.ts'
import {
  anyBucketArn,
  BUCKET_ID,
  bucketArn,
  bucketName,
  deadTicksArn,
  deadTicksName,
  functionName,
  type Stage,
  TABLE_ID,
  tableName,
  TICKS_ID,
  ticksArn,
  ticksName,
} from './stage.ts'

/** By what the items of a table are told apart. */
export const tableKeys = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
} as const

/** Everything besides functions and their roles, as CloudFormation. Pure. */
export function resources(stage: Stage, options: ServerlessOptions, needs: ProgramNeeds): Record<string, unknown> {
  const kept = stage.keeps ? 'Retain' : 'Delete'
  return {
    [TABLE_ID]: {
      Type: 'AWS::DynamoDB::Table',
      DeletionPolicy: kept,
      UpdateReplacePolicy: 'Retain',
      Properties: {
        TableName: tableName(stage),
        BillingMode: 'PAY_PER_REQUEST',
        ...tableKeys,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: stage.keeps,
      },
    },
    [BUCKET_ID]: {
      Type: 'AWS::S3::Bucket',
      DeletionPolicy: kept,
      UpdateReplacePolicy: 'Retain',
      // A bucket asks, as it is made, whether it may send.
      ...given({ DependsOn: needs.byEvents && [SENDERS_ID] }),
      Properties: {
        BucketName: bucketName(stage),
        ...given({ NotificationConfiguration: needs.byEvents && arrivals(stage) }),
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
    ...(hasQueue(needs) && ticks(stage, options)),
    ...(needs.byEvents && senders(stage, options)),
    ...alarms(stage, options, needs),
  }
}

/** Messages that the function never comes to are looked at once more than this, and then lie with the dead ticks. */
const RECEIVES_MAX = 10

/** The queue that wakes the coordinator, and what hands its messages over. */
const ticks = (stage: Stage, { functions }: ServerlessOptions): Record<string, unknown> => ({
  [TICKS_ID]: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      QueueName: ticksName(stage),
      MessageRetentionPeriod: 14 * 24 * 3600,
      // An invocation that is under way keeps its messages.
      VisibilityTimeout: functions.coordinator.timeout + 60,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: deadTicksArn(stage), maxReceiveCount: RECEIVES_MAX },
    },
  },
  SluiceTickMapping: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: { 'Fn::GetAtt': [TICKS_ID, 'Arn'] },
      FunctionName: { Ref: COORDINATOR_ID },
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      // Two batches of an app never run at once: more would only be turned away.
      ScalingConfig: { MaximumConcurrency: 2 },
    },
  },
})

/** As the Serverless CLI calls it. */
const COORDINATOR_ID = 'CoordinatorLambdaFunction'
const SENDERS_ID = 'SluiceTickSenders'

/** Objects below `in/` are events. */
const arrivals = (stage: Stage): unknown => ({
  QueueConfigurations: [
    {
      Event: 's3:ObjectCreated:*',
      Queue: ticksArn(stage),
      Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'in/' }] } },
    },
  ],
})

/** Buckets that may send, and streams that are read for events. */
const senders = (stage: Stage, { events, functions }: ServerlessOptions): Record<string, unknown> => ({
  [SENDERS_ID]: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: TICKS_ID }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 's3.amazonaws.com' },
            Action: ['sqs:SendMessage'],
            Resource: ticksArn(stage),
            Condition: {
              ArnEquals: { 'aws:SourceArn': [bucketArn(stage), ...events.buckets.map((b) => anyBucketArn(stage, b))] },
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
            },
          },
        ],
      },
    },
  },
  ...Object.fromEntries(
    events.streams.map((stream, i) => [
      `SluiceStreamMapping${i + 1}`,
      {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: stream,
          FunctionName: { Ref: COORDINATOR_ID },
          StartingPosition: 'LATEST',
          BatchSize: 10_000,
          // Records that come together are one event.
          MaximumBatchingWindowInSeconds: 5,
          // What it failed on waits in the queue.
          MaximumRetryAttempts: 2,
          MaximumRecordAgeInSeconds: Math.max(60, 2 * functions.coordinator.timeout),
        },
      },
    ]),
  ),
})

/** What an alarm looks at: a number of things in a minute. */
interface Watched {
  readonly description: string
  readonly namespace: 'AWS/Lambda' | 'AWS/SQS'
  readonly metric: string
  readonly dimension: { readonly Name: string; readonly Value: string }
  readonly minutes: number
  /** In so many of them; in all where it is not said. */
  readonly times?: number
}

/** Minutes within which an event comes again whose batch fails, and the schedule that wakes the coordinator. */
const AGAIN = { events: { failed: 15, schedule: 60 }, clock: { failed: 0, schedule: 1 } }

function alarms(
  stage: Stage,
  { alarmTopic: topic, functions }: ServerlessOptions,
  { receivers, byEvents }: ProgramNeeds,
): Record<string, unknown> {
  if (topic === null) return {}
  // A call that fails in the end does so once in its time, and the next one begins with the tick after that.
  const lifeOf = (kind: 'coordinator' | 'receiver'): number => Math.ceil(functions[kind].timeout / 60) + 1
  const again = AGAIN[byEvents ? 'events' : 'clock']
  const failing = 3 * (lifeOf('coordinator') + again.failed)
  const ofFunction = (
    description: string,
    name: StageFunction,
    metric: string,
    minutes: number,
    times?: number,
  ): Watched => ({
    description,
    namespace: 'AWS/Lambda',
    metric,
    dimension: { Name: 'FunctionName', Value: functionName(stage, name) },
    minutes,
    ...given({ times }),
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
    SluiceFailing: tooMany(ofFunction('Batches or outputs fail.', 'coordinator', 'Errors', failing, 3), topic),
    SluiceThrottled: tooMany(ofFunction(`The task function ${busy}`, 'task', 'Throttles', 3), topic),
    SluiceTurnedAway: tooMany(ofFunction(`The coordinator ${busy}`, 'coordinator', 'Throttles', 3), topic),
    ...Object.fromEntries(
      receivers
        .map(receiverFunction)
        .map((name) => [
          `Sluice${capital(name)}Failing`,
          tooMany(ofFunction('A receiver does not receive.', name, 'Errors', 2 * lifeOf('receiver'), 2), topic),
        ]),
    ),
    SluiceDeadTick: tooMany(deadTicks, topic),
    SluiceSilent: none(
      ofFunction('The schedule does not wake the coordinator.', 'coordinator', 'Invocations', 3 + 2 * again.schedule),
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
  { description, namespace, metric, dimension, minutes, times = minutes }: Watched,
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
    DatapointsToAlarm: times,
    Threshold: 1,
    ...how,
    AlarmActions: [topic],
  },
})
