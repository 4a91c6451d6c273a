import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ListVersionsByFunctionCommand } from '@aws-sdk/client-lambda'
import { createStores } from '../../lib/hosts/offline/emulators.ts'
import { disabledRules, everythingIn } from './everything.ts'
import { Service, startAws } from './service.ts'

const YML = `service: clicks
provider: { name: aws, runtime: nodejs24.x, region: us-east-1 }
plugins: [sluice/serverless]
sluice:
  app: src/app.ts
  protect: [dev]
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
  await t.test('a table that a stack had kept is not begun anew beside, and is deleted only by its name', async () => {
    await createStores({ s3: aws.url, dynamodb: aws.url }, 'clicks-dev-sluice', service.bucket)
    const { code, out } = await service.tryOsls('deploy')
    assert.notEqual(code, 0)
    assert.match(out, /not deployed, but there is still the table clicks-dev-sluice and the bucket/)
    assert.match(out, /sluice down --stage dev --delete clicks-dev/)
    const deleted = await service.sluice('down', '--stage', 'dev', '--delete', 'clicks-dev')
    assert.match(deleted.out, /nothing left behind/)
    assert.deepEqual(await everythingIn(aws.url), before, deleted.out)
  })

  await t.test('what is not deployed cannot rest or be removed: it is said so, and nothing is deleted', async () => {
    for (const args of [[], ['--delete', 'clicks-dev']] as const) {
      const { code, out } = await service.sluice('down', '--stage', 'dev', ...args)
      if (args.length === 0) assert.match(out, /E_NOT_DEPLOYED {2}The stage clicks-dev is not deployed here\./)
      assert.equal(code, args.length === 0 ? 1 : 0, out)
    }
    service.write('serverless.yml', YML.replace('[dev]', '[prod]'))
    await createStores({ s3: aws.url, dynamodb: aws.url }, 'clicks-dev-sluice', service.bucket)
    await service.put('precious.txt', 'of another life')
    const there = await everythingIn(aws.url)
    const { code, out } = await service.tryOsls('remove')
    assert.notEqual(code, 0)
    assert.match(out, /E_NOT_DEPLOYED .* and there is still the table clicks-dev-sluice and the bucket/)
    assert.deepEqual(await everythingIn(aws.url), there)
    assert.deepEqual(await service.inputs(), ['in/precious.txt'])
    await service.sluice('down', '--stage', 'dev', '--delete', 'clicks-dev')
    service.write('serverless.yml', YML)
  })

  await service.osls('deploy')
  await service.put('a.txt', 'to be or not to be')
  const running = service.tickFor(60).catch(() => 'ended by the deploy')
  await service.counted({ be: 2, not: 1, or: 1, to: 2 })

  await service.put('b.txt', Array(20).fill('to do').join('\n'))
  service.write('src/app.ts', program(`line.split(' ')`))
  const said = await service.osls('deploy')
  assert.match(said, /clicks → dev, us-east-1 {5}running [0-9a-f]{6}, new [0-9a-f]{6}\n/)
  assert.match(said, /counts +src\/app.ts:11:6 .* [45] keys, \d+ B +✓ kept/)
  assert.match(said, /can be deployed/)
  assert.match(said, /version 2 takes over from version 1 after batch #\d+, or the one that runs\n/)
  assert.match(said, /next {3}npx sluice status --stage dev/)
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
    assert.match(out, /app\(…, \{ conf: \{ 'sluice\.dropState': 'counts' \} \}\)/)
    assert.deepEqual(await everythingIn(aws.url), there)
    const { Versions: now = [] } = await versionsOf(service)
    assert.equal(now.length, kept.length)
    // $LATEST, and one for each of two deploys: what a batch of the first began can end.
    assert.equal(now.length, 3)
    const plan = await service.sluice('plan', '--stage', 'dev', '--json')
    assert.equal(plan.code, 1, plan.out)
  })

  await t.test('a protected stage is removed only by its name; it rests, keeps its state, and goes on', async () => {
    const there = await everythingIn(aws.url)
    const { code, out } = await service.tryOsls('remove')
    assert.notEqual(code, 0)
    assert.match(out, /protected(.|\n)*sluice down --stage dev --delete clicks-dev/)
    assert.deepEqual(await everythingIn(aws.url), there)

    const rest = await service.sluice('down', '--stage', 'dev')
    assert.equal(rest.code, 0, rest.out)
    assert.match(rest.out, /clicks-dev rests/)
    await assert.rejects(service.tickFor(5), { name: 'TooManyRequestsException' })
    assert.deepEqual(await disabledRules(aws.url), 2)
    assert.deepEqual(await everythingIn(aws.url), there)

    service.write('src/app.ts', program(`line.split(' ')`))
    await service.osls('deploy', '--force')
    assert.deepEqual(await disabledRules(aws.url), 0)
    await service.put('c.txt', 'or')
    void service.tickFor(20).catch(() => 'another coordinator is at it')
    await service.counted({ be: 2, do: 20, not: 1, or: 2, to: 22 })
  })

  const other = await service.sluice('down', '--stage', 'dev', '--delete', 'clicks-prod')
  assert.notEqual(other.code, 0)
  assert.match(other.out, /The stage is clicks-dev, and not "clicks-prod"/)
  const removed = await service.sluice('down', '--stage', 'dev', '--delete', 'clicks-dev')
  assert.equal(removed.code, 0, removed.out)
  assert.match(removed.out, /nothing left behind/)
  assert.deepEqual(await everythingIn(aws.url), before, removed.out)
})

const versionsOf = (service: Service) =>
  service.functions.send(new ListVersionsByFunctionCommand({ FunctionName: 'clicks-dev-task' }))
