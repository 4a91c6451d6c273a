import type { ServerlessOptions } from './options.ts'

/** What a stage is called, and whether its data outlives it. */
export interface Stage {
  readonly service: string
  readonly stage: string
  readonly keeps: boolean
}

/** Names that stay the same over every deploy, so that a table that was kept is never begun anew beside. */
export const tableName = ({ service, stage }: Stage): string => `${service}-${stage}-sluice`
/** Buckets share one namespace with everybody: the account's number makes it one's own. */
export const bucketPrefix = ({ service, stage }: Stage): string => `${service}-${stage}-sluice-`
const bucketName = (stage: Stage): unknown => ({ 'Fn::Sub': `${bucketPrefix(stage)}\${AWS::AccountId}` })

/** Everything besides functions and their roles, as CloudFormation. Pure. */
export function resources(stage: Stage, options: ServerlessOptions): Record<string, unknown> {
  const kept = stage.keeps ? 'Retain' : 'Delete'
  return {
    SluiceHeads: {
      Type: 'AWS::DynamoDB::Table',
      DeletionPolicy: kept,
      UpdateReplacePolicy: 'Retain',
      Properties: {
        TableName: tableName(stage),
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'app', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'app', KeyType: 'HASH' }],
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: stage.keeps,
      },
    },
    SluiceObjects: {
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
        // No rule may expire objects below blobs/: only the coordinator knows which are still needed.
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
    ...(options.alarmTopic === null ? {} : alarms(stage, options.alarmTopic)),
  }
}

/** The coordinator fails when a batch or an output has failed after all that could be tried. */
function alarms({ service, stage }: Stage, topic: string): Record<string, unknown> {
  const alarm = (description: string, metric: string, of: string, periods: number): unknown => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmDescription: description,
      Namespace: 'AWS/Lambda',
      MetricName: metric,
      Dimensions: [{ Name: 'FunctionName', Value: `${service}-${stage}-${of}` }],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: periods,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [topic],
    },
  })
  return {
    SluiceFailing: alarm('Batches or outputs fail.', 'Errors', 'coordinator', 3),
    SluiceThrottled: alarm('Tasks are turned away: raise the concurrency.', 'Throttles', 'task', 3),
  }
}
