import { ordersFrom } from './orders.ts'
import { lines } from './template.ts'

/** Totals of a stream of Kinesis, on AWS or emulated. */
export const kinesis = ordersFrom({
  about: 'sums orders of a Kinesis stream, or of orders that it makes up',
  variable: 'KINESIS_STREAM',
  example:
    'KINESIS_STREAM=orders AWS_ENDPOINT_URL_KINESIS=http://localhost:4566 AWS_REGION=eu-west-1 ' +
    'AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test',
  packages: '@aws-sdk/client-kinesis',
  imports: "import { kinesis } from 'sluice/aws'",
  read: `ssc
          .source('orders', kinesis({ stream: place, start: 'TRIM_HORIZON' }))
          .map(({ data }) => new TextDecoder().decode(data))`,
  sinkImport: "import { kinesisSink } from 'sluice/aws'",
  sink: `kinesisSink<string>({
      stream: process.env['KINESIS_STREAM'] ?? 'orders',
      partitionKey: (text) => text,
    })`,
  prepare:
    'docker compose exec kinesis awslocal kinesis create-stream --region eu-west-1 ' +
    '--stream-name orders --shard-count 2',
  compose: lines`
    services:
      kinesis:
        image: localstack/localstack:4
        ports: ['4566:4566']
        environment: { SERVICES: kinesis }
  `,
})
