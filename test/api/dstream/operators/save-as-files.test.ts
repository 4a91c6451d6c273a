import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { SparkContext } from '../../../../lib/index.ts'
import { temporaryFolder } from '../../../adapters/local/temporary-folder.ts'
import { BATCH_MS, runBatches, START } from '../../../support/run.ts'

const batches = [[['a', 1], 'b'], []]

async function saved(t: TestContext, save: (stream: any, prefix: string) => void): Promise<string> {
  const folder = await temporaryFolder(t)
  const { errors } = await runBatches(
    (input) => {
      save(input(), join(folder, 'rows'))
      return input()
    },
    batches,
    { splits: 2 },
  )
  assert.deepEqual(errors, [])
  return folder
}

const firstMs = START + BATCH_MS

test('each batch is a directory that its time names, with what goes before and behind', async (t) => {
  const folder = await saved(t, (stream, prefix) => stream.saveAsTextFiles(prefix, 'txt'))
  assert.deepEqual((await readdir(folder)).toSorted(), [`rows-${firstMs}.txt`, `rows-${firstMs + BATCH_MS}.txt`])
  const path = join(folder, `rows-${firstMs}.txt`)
  assert.deepEqual((await readdir(path)).toSorted(), ['_SUCCESS', 'part-00000', 'part-00001'])
  assert.deepEqual(new SparkContext().textFile(path).collect(), ['(a,1)', 'b'])
  const bare = await saved(t, (stream, prefix) => stream.saveAsTextFiles(prefix))
  assert.ok((await readdir(bare)).includes(`rows-${firstMs}`))
})

test('objects are read as they were written', async (t) => {
  const folder = await saved(t, (stream, prefix) => stream.saveAsObjectFiles(prefix, 'obj'))
  const sc = new SparkContext()
  assert.deepEqual(sc.objectFile(join(folder, `rows-${firstMs}.obj`)).collect(), batches[0])
  assert.deepEqual(sc.objectFile(join(folder, `rows-${firstMs + BATCH_MS}.obj`)).collect(), [])
})

test('what an attempt has left in the directory of a batch is not among its files', async (t) => {
  const folder = await saved(t, (stream, prefix) => stream.saveAsTextFiles(prefix))
  const again = join(folder, 'again')
  await mkdir(join(again, `rows-${firstMs}`), { recursive: true })
  for (const name of ['part-00000', 'part-00007', '.part-00001.tmp'])
    await writeFile(join(again, `rows-${firstMs}`, name), 'left\n')
  const { errors } = await runBatches(
    (input) => {
      input().saveAsTextFiles(join(again, 'rows'))
      return input()
    },
    batches,
    { splits: 1 },
  )
  assert.deepEqual(errors, [])
  assert.deepEqual((await readdir(join(again, `rows-${firstMs}`))).toSorted(), ['_SUCCESS', 'part-00000'])
  assert.deepEqual(new SparkContext().textFile(join(again, `rows-${firstMs}`)).collect(), ['(a,1)', 'b'])
})
