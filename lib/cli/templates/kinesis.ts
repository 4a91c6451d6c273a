import { ordersFrom } from './orders.ts'
import { lines } from './template.ts'

/** Stream and table of a stage are made with it, and go with it. */
const serverless = (name: string): string => lines`
  service: ${name}
  provider:
    name: aws
    runtime: nodejs24.x
    region: us-east-1
    environment:
      KINESIS_STREAM: \${self:service}-\${sls:stage}-orders
      TOTALS_TABLE: \${self:service}-\${sls:stage}-totals
  plugins: [sluice/serverless]
  sluice:
    app: src/app.ts
  resources:
    Resources:
      Orders:
        Type: AWS::Kinesis::Stream
        Properties:
          Name: \${self:service}-\${sls:stage}-orders
          ShardCount: 1
      Totals:
        Type: AWS::DynamoDB::Table
        Properties:
          TableName: \${self:service}-\${sls:stage}-totals
          BillingMode: PAY_PER_REQUEST
          AttributeDefinitions: [{ AttributeName: item, AttributeType: S }]
          KeySchema: [{ AttributeName: item, KeyType: HASH }]
`

const totals = (name: string): string => lines`
  import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'

  // Of the stage dev, unless another table is named.
  const [table = '${name}-dev-totals'] = process.argv.slice(2)

  try {
    const { Items = [] } = await new DynamoDBClient().send(new ScanCommand({ TableName: table }))
    for (const { item, n } of Items) console.log(item?.S, n?.N)
    if (Items.length === 0) console.error('The table ' + table + ' is empty: no batch has been shown yet.')
  } catch (error) {
    console.error('The table ' + table + ' cannot be read: ' + (error.message || error.code || error.name))
    console.error('next   node src/totals.mjs <table>, with AWS_REGION and credentials as for the deploy')
    process.exitCode = 1
  }
`

/** Totals of a stream of Kinesis, on AWS or emulated. */
export const kinesis = ordersFrom({
  about: 'sums orders of a Kinesis stream, or of orders that it makes up',
  example:
    'KINESIS_STREAM=orders AWS_ENDPOINT_URL_KINESIS=http://localhost:4566 AWS_REGION=us-east-1 ' +
    'AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test',
  packages: '@aws-sdk/client-kinesis',
  imports: "import { dynamo, kinesis } from 'sluice/aws'",
  source: `kinesis({
        stream: process.env['KINESIS_STREAM'] ?? 'orders',
        start: 'TRIM_HORIZON',
      })`,
  text: '({ data }) => new TextDecoder().decode(data)',
  record: {
    type: 'KinesisRecord',
    from: 'sluice/aws',
    made: `{
    data: new TextEncoder().encode(text),
    partitionKey: text,
    sequenceNumber: String(i),
    subSequenceNumber: 0,
    approximateArrivalTimestamp: 0,
    shard: 'demo',
  }`,
  },
  sinkImport: "import { kinesisSink } from 'sluice/aws'",
  sink: `kinesisSink<string>({
      stream: process.env['KINESIS_STREAM'] ?? 'orders',
      partitionKey: (text) => text,
    })`,
  prepare:
    'docker compose exec localstack awslocal kinesis create-stream --region us-east-1 ' +
    '--stream-name orders --shard-count 2',
  compose: lines`
    services:
      localstack:
        image: localstack/localstack:4.14.0
        ports: ['127.0.0.1:4566:4566']
        volumes: ['/var/run/docker.sock:/var/run/docker.sock']
  `,
  deployed: {
    hints: [
      '`serverless.yml` deploys it, with a stream and a table of its own: `npm install @aws-sdk/client-dynamodb ' +
        '@aws-sdk/client-kinesis @aws-sdk/client-lambda @aws-sdk/client-s3`,',
      '  `npm install --save-dev osls esbuild`, `npx sluice plan --stage dev`, `npx osls deploy --stage dev`.',
      '  That is your account, unless `AWS_ENDPOINT_URL` leads to an emulator; `npx osls remove --stage dev` ends it.',
    ],
    output: `const { TOTALS_TABLE: table } = process.env
    if (table)
      totals.output('table', dynamo({ table, change: ([item, n]) => ({ key: { item }, set: { n } }) }))`,
    files: (name) => [
      { path: 'serverless.yml', text: serverless(name), about: 'how it is deployed to AWS, or to an emulator' },
      { path: 'src/totals.mjs', text: totals(name), about: 'shows the table that the deployed program fills' },
    ],
  },
})
