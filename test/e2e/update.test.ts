import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ListVersionsByFunctionCommand } from '@aws-sdk/client-lambda'
import { everythingIn } from './everything.ts'
import { Service, startAws } from './service.ts'

const YML = `service: clicks
provider: { name: aws, runtime: nodejs24.x, region: us-east-1 }
plugins: [sluice/serverless]
sluice:
  app: src/app.ts
`
/** Counts words; `words` makes them of a line, `counts` is the name that the counts are kept under. */
const program = (words: string, counts = 'counts'): string => `
import { s3TextFiles } from 'sluice/aws'
import { app, seconds } from 'sluice'

const bucket = process.env['SLUICE_BUCKET']

export default app('clicks', seconds(5), (ssc) => {
  const words = ssc.source('lines', s3TextFiles(\`s3://\${bucket}/in\`)).flatMap((line) => ${words})
  words
    .map((word) => [word, 1] as [string, number])
    .updateStateByKey<number>((added, sum) => added.reduce((a, b) => a + b, sum ?? 0), { name: '${counts}' })
    .saveAsTextFiles(\`s3://\${bucket}/out/counts\`)
})
`
// A batch of it is under way while the next version is deployed.
const SLOW = `{
  for (const until = Date.now() + 300; Date.now() < until; );
  return line.split(' ')
}`

test('F16: new code takes over with state kept while batches run; code with no place for it is refused', async (t) => {
  const aws = await startAws(t)
  const before = await everythingIn(aws.url)
  const service = Service.inFolder(t, aws, 'clicks')
  service.write('serverless.yml', YML)
  service.write('src/app.ts', program(SLOW))
  await service.osls('deploy')
  await service.put('a.txt', 'to be or not to be')
  const running = service.tick().catch(() => 'ended by the deploy')
  await service.counted({ be: 2, not: 1, or: 1, to: 2 })

  await service.put('b.txt', Array(20).fill('to do').join('\n'))
  service.write('src/app.ts', program(`line.split(' ')`))
  const said = await service.osls('deploy')
  assert.match(said, /counts +src\/app.ts:11:6 .*✓/)
  assert.match(said, /can be deployed/)
  await running
  void service.tickFor(30).catch(() => 'another coordinator is at it')
  await service.counted({ be: 2, do: 20, not: 1, or: 1, to: 22 })

  await t.test('refused before anything has changed', async () => {
    const { Versions: kept = [] } = await versionsOf(service)
    const there = await everythingIn(aws.url)
    service.write('src/app.ts', program(`line.split(' ')`, 'sums'))
    const { code, out } = await service.tryOsls('deploy')
    assert.notEqual(code, 0)
    assert.match(out, /✕/)
    assert.match(out, /nothing was deployed/)
    assert.deepEqual(await everythingIn(aws.url), there)
    const { Versions: now = [] } = await versionsOf(service)
    assert.equal(now.length, kept.length)
    // $LATEST, and one for each of two deploys: what a batch of the first began can end.
    assert.equal(now.length, 3)
    const plan = await service.sluice('plan', '--stage', 'dev', '--json')
    assert.equal(plan.code, 1, plan.out)
  })

  const removed = await service.osls('remove')
  assert.deepEqual(await everythingIn(aws.url), before, removed)
})

const versionsOf = (service: Service) =>
  service.functions.send(new ListVersionsByFunctionCommand({ FunctionName: 'clicks-dev-task' }))
