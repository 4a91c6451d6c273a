import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SluiceError } from '../../../lib/model/errors.ts'
import type { Source } from '../../../lib/source/source.ts'
import { ProcessLife, World } from '../../support/lives.ts'
import type { Build } from '../../support/run.ts'

const growing = (path: string): SluiceError =>
  new SluiceError('E_FILE_GROWING', `${path} grows`, { where: { detail: path }, retry: true })

/** Files of which some are still being written: `heeds` says whether the source leaves out what it is told to. */
function filesOf(paths: readonly string[], isGrowing: (path: string) => boolean, heeds = true): Build {
  let reads = 0
  const source: Source<string, number, string> = {
    name: 'Files',
    cut: async ({ position, unready = [] }) => {
      const splits = paths.filter((path) => !heeds || !unready.includes(path))
      return { position: (position ?? 0) + 1, splits, records: null }
    },
    read: function* (path) {
      if (++reads > 50) throw new Error('it is read for ever')
      if (isGrowing(path)) throw growing(path)
      yield [path]
    },
  }
  return (_input, context) => ({ seen: context.source('files', source) })
}

test('a batch is planned again without the files that are still being written, and shows the others', async () => {
  const world = new World()
  const build = filesOf(['a', 'b', 'c', 'd'], (path) => path === 'b' || path === 'd')
  await (await ProcessLife.begin(world, build, [[]])).run(1)
  assert.deepEqual(world.shown[0].records, ['a', 'c'])
})

test('a source that gives a file all the same fails its batch with that: nobody plans it for ever', async () => {
  const world = new World()
  const life = await ProcessLife.begin(
    world,
    filesOf(['a', 'b'], (path) => path === 'b', false),
    [[]],
  )
  await assert.rejects(life.run(1), { code: 'E_FILE_GROWING' })
  assert.equal((await world.head.read())!.value.committed, 0)
})
