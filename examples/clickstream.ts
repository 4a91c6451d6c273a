import { app, milliseconds } from 'sluice'
import { dynamo, kinesis } from 'sluice/aws'

const [stream = 'clicks', table = 'views', interval = '5000'] = process.argv.slice(2)

interface Click {
  readonly page: string
  readonly user: string
}

/**
 * Clicks from Kinesis, views of each page in DynamoDB (key: `page`), and who looked last. Each click is added once,
 * whatever is killed or sent again. Region, credentials and addresses are those of the environment; `--dir` keeps where
 * it was.
 */
export default app('clickstream', milliseconds(Number(interval)), (ssc) => {
  const clicks = ssc
    .source('clicks', kinesis({ stream, start: 'TRIM_HORIZON' }))
    .map(({ data }) => JSON.parse(Buffer.from(data).toString()) as Click)
  clicks
    .map(({ page, user }): [string, { views: number; last: string }] => [page, { views: 1, last: user }])
    .reduceByKey((a, b) => ({ views: a.views + b.views, last: b.last }))
    .output(
      'views',
      dynamo<[string, { views: number; last: string }]>({
        table,
        change: ([page, { views, last }]) => ({ key: { page }, set: { last }, add: { views } }),
      }),
    )
})
