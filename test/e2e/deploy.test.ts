import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FUNCTION_NAMES } from '../../lib/hosts/serverless/options.ts'
import { everythingIn, keepForDays, keepForEver, narrowRole, widenRole } from './everything.ts'
import { Service, startAws } from './service.ts'

test('the example is deployed by the plugin, counts, goes on after a deploy, and leaves nothing', async (t) => {
  const aws = await startAws(t)
  const before = await everythingIn(aws.url)
  const service = Service.ofRepository(aws)

  await service.osls('deploy')
  await service.put('a.txt', 'to be or not to be\n')
  const ticks = service.tickFor(20)
  await service.counted({ be: 2, not: 1, or: 1, to: 2 })
  await ticks

  await t.test('doctor holds the deployed roles and logs against what is generated', async () => {
    const wrong = async (): Promise<string[]> => {
      const { out } = await service.sluice('doctor', '--stage', 'dev', '--json')
      const lines = out.split('\n').filter((line) => line.startsWith('{'))
      const found = lines.map((line) => JSON.parse(line) as Record<string, string>)
      assert.equal(found.filter(({ what }) => what === 'policy').length, 4, out)
      return found
        .filter(({ level, what }) => level !== 'ok' && (what === 'policy' || what === 'logs'))
        .map(({ level, what, says }) => `${level} ${what} ${says}`)
    }
    for (const name of FUNCTION_NAMES) await keepForDays(aws.url, `/aws/lambda/sluice-dev-${name}`)
    assert.deepEqual(await wrong(), [])
    await widenRole(aws.url, 'SluiceTaskRole')
    await keepForEver(aws.url, '/aws/lambda/sluice-dev-output')
    assert.deepEqual(await wrong(), [
      'fail policy sluice-dev-task may s3:DeleteObject on *: it is not what is generated',
      'warn logs sluice-dev-output is kept for ever',
    ])
    await narrowRole(aws.url, 'SluiceTaskRole')
  })

  await service.osls('deploy', '--force')
  await service.put('b.txt', 'to do\n')
  const more = service.tickFor(20)
  await service.counted({ be: 2, do: 1, not: 1, or: 1, to: 3 })
  await more

  const said = await service.osls('remove')
  assert.deepEqual(await everythingIn(aws.url), before, said)
})
