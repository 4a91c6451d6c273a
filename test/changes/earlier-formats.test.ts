import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kindOf, ObjectKeys } from '../../lib/checkpoint/object-keys.ts'
import { getBlob, putBlob } from '../../lib/checkpoint/blobs.ts'
import type { Manifest } from '../../lib/model/manifest.ts'
import { ProcessLife, World } from '../support/lives.ts'
import type { Build } from '../support/run.ts'

const add = (a: number, b: number): number => a + b
const pairs = [[['a', 1]], [['a', 1]], [['b', 1]], [['a', 1]], []]
const program =
  (name: string, was?: string): Build =>
  (input) => ({
    out: input().updateStateByKey((values: number[], sum: number | undefined) => values.reduce(add, sum ?? 0), {
      name,
      ...(was === undefined ? {} : { was }),
    }),
  })

/** The world as it is, with another last manifest. */
async function withManifest(world: World, change: (manifest: Manifest) => unknown): Promise<void> {
  const { rev, value: head } = (await world.head.read())!
  const manifest = JSON.parse(Buffer.from(await getBlob(world.blobs, head.manifest!)).toString()) as Manifest
  const ref = await putBlob(
    world.blobs,
    `${head.manifest!.key}.again`,
    Buffer.from(JSON.stringify(change(manifest))),
    4096,
  )
  await world.head.cas(rev, { ...head, manifest: ref }, 'acquire')
}

async function worldOf(build: Build, batches: number): Promise<World> {
  const world = new World()
  const life = await ProcessLife.begin(world, build, pairs)
  await life.run(batches)
  await life.coordinator.close()
  return world
}

test(
  'a directory without a description of its graph goes on with the program that wrote it, and with a ' +
    'changed one after that has run a batch',
  async () => {
    const world = await worldOf(program('first'), 1)
    await withManifest(world, ({ facts: _facts, ...manifest }) => manifest)
    await assert.rejects(ProcessLife.begin(world, program('second', 'first'), pairs), { code: 'E_GRAPH_CHANGED' })
    await (await ProcessLife.begin(world, program('first'), pairs)).run(2)
    const manifests = await (await ProcessLife.begin(world, program('second', 'first'), pairs)).run(4)
    assert.deepEqual(
      manifests.map(({ state }) => Object.keys(state)),
      [['second'], ['second']],
    )
    assert.deepEqual(world.shown.at(-1)!.records, [
      ['a', 3],
      ['b', 1],
    ])
  },
)

test('a description of a later format is refused before anything is written', async () => {
  const world = await worldOf(program('first'), 1)
  const { app, inc } = (await world.head.read())!.value
  const facts = await putBlob(world.blobs, new ObjectKeys(app, inc).graph(1, 'later'), Buffer.from('{"format":2}'))
  await withManifest(world, (manifest) => ({ ...manifest, facts }))
  const { rev } = (await world.head.read())!
  await assert.rejects(ProcessLife.begin(world, program('first'), pairs), { code: 'E_MANIFEST_FORMAT' })
  assert.equal((await world.head.read())!.rev, rev)
})

test('one description serves all batches of a program, over restarts too', async () => {
  const world = await worldOf(program('first'), 2)
  await (await ProcessLife.begin(world, program('first'), pairs)).run(5)
  assert.equal((await world.blobs.list('test/')).filter((key) => kindOf(key) === 'graph').length, 1)
})
