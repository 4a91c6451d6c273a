import assert from 'node:assert/strict'
import { test } from 'node:test'
import { everythingIn } from './everything.ts'
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

  await service.osls('deploy', '--force')
  await service.put('b.txt', 'to do\n')
  const more = service.tickFor(20)
  await service.counted({ be: 2, do: 1, not: 1, or: 1, to: 3 })
  await more

  const said = await service.osls('remove')
  assert.deepEqual(await everythingIn(aws.url), before, said)
})
