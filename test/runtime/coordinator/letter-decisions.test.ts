import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idsOf, putCommand } from '../../../lib/checkpoint/dead-letters.ts'
import { ObjectKeys } from '../../../lib/checkpoint/object-keys.ts'
import type { Head } from '../../../lib/model/head.ts'
import type { Manifest } from '../../../lib/model/manifest.ts'
import { type Port, ProcessLife, soundPort, World } from '../../support/lives.ts'
import type { Build } from '../../support/run.ts'

/** Words, of which those that begin with `bad` cannot be used until the program is mended. */
const words =
  (mended = false): Build =>
  (input, { sparkContext }) => {
    sparkContext.conf.set('sluice.onError', 'dead-letter')
    return {
      words: input().map((word: string) => {
        if (word.startsWith('bad') && !mended) throw new Error('not a word')
        return word
      }),
    }
  }

/** The next batch of lives of one batch each, which sweep nothing: somebody else does it now and then. */
async function nextBatch(
  world: World,
  batches: readonly (readonly string[])[],
  { mended = false, port = soundPort }: { readonly mended?: boolean; readonly port?: Port } = {},
): Promise<Manifest> {
  const options = { isBrief: true, sweeps: false, port }
  const { coordinator } = await ProcessLife.begin(world, words(mended), batches, options)
  const manifest = await coordinator.runBatch(coordinator.head.tick + 1)
  await coordinator.close()
  return manifest
}

const headOf = async (world: World): Promise<Head> => (await world.head.read())!.value

test('what is decided about letters is done by the next life, also by one that sweeps nothing', async () => {
  const [world, batches] = [new World(), [['a', 'bad 1', 'bad 2', 'bad 3'], ['b'], ['c']]]
  const { deadLetters: [letters] = [] } = await nextBatch(world, batches)
  assert.deepEqual(idsOf([letters]), ['1-1', '1-2', '1-3'])
  const keys = new ObjectKeys('test', (await headOf(world)).inc)
  await putCommand(world.blobs, keys, { verb: 'retry', ids: ['1-2'] }, 'first')
  await putCommand(world.blobs, keys, { verb: 'drop', ids: ['1-3'] }, 'second')
  const { deadLetters: left = [] } = await nextBatch(world, batches, { mended: true })
  assert.deepEqual(idsOf(left), ['1-1'])
  assert.deepEqual(
    world.shown.map(({ batch, records }) => [batch, records.map(String).toSorted()]),
    [
      [1, ['a']],
      [2, ['b', 'bad 2']],
    ],
  )
})

test('a life that sweeps nothing lists objects only while there are letters to decide about', async () => {
  const [world, batches] = [new World(), [['a'], ['bad'], ['b']]]
  const lists: number[] = []
  for (let batch = 0; batch < batches.length; batch++) {
    let calls = 0
    const port: Port = (call, run) => {
      if (call === 'blobs.list') calls++
      return run()
    }
    await nextBatch(world, batches, { port })
    lists.push(calls)
  }
  // The first one looks for what an app of this name has left.
  assert.deepEqual(lists, [1, 0, 1])
})
