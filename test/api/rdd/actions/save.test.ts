import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { newContext } from '../sentences.ts'

const root = mkdtempSync(join(tmpdir(), 'sluice-save-'))
after(() => rmSync(root, { recursive: true }))

const newFolder = (): string => join(mkdtempSync(join(root, 'test-')), 'out')

test('text is saved in one file per partition, with a mark of success', () => {
  const folder = newFolder()
  newContext()
    .parallelize(
      [
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ],
      2,
    )
    .saveAsTextFile(folder)
  assert.deepEqual(readdirSync(folder), ['_SUCCESS', 'part-00000', 'part-00001'])
  assert.equal(readFileSync(join(folder, 'part-00001'), 'utf8'), '(b,2)\n(c,3)\n')
})

test('an RDD without partitions saves the mark alone', () => {
  const folder = newFolder()
  newContext().emptyRDD().saveAsTextFile(folder)
  assert.deepEqual(readdirSync(folder), ['_SUCCESS'])
})

test('an existing folder is refused and left alone, except where a batch may run again', () => {
  const folder = newFolder()
  const sc = newContext()
  sc.range(0, 3, 1, 3).saveAsTextFile(folder)
  assert.throws(() => sc.range(9).saveAsTextFile(folder), { code: 'E_OUTPUT_EXISTS' })
  writeFileSync(join(folder, 'notes.txt'), 'mine')
  sc.overwriteOutput = true
  sc.range(7, 8, 1, 1).saveAsTextFile(folder)
  assert.deepEqual(readdirSync(folder), ['_SUCCESS', 'notes.txt', 'part-00000'])
  assert.deepEqual(sc.textFile(join(folder, 'part-*')).collect(), ['7'])
})

test('a job that fails leaves no mark of success', () => {
  const folder = newFolder()
  assert.throws(() =>
    newContext()
      .range(0, 2, 1, 2)
      .map((x) => {
        if (x === 1) throw new Error('no')
        return x
      })
      .saveAsTextFile(folder),
  )
  assert.deepEqual(readdirSync(folder), ['part-00000'])
})

test('what is saved is read again: text, packed text, objects', () => {
  const sc = newContext()
  const [text, packed, objects] = [newFolder(), newFolder(), newFolder()]
  const rdd = sc.parallelize(
    [
      { at: new Date(5), tags: ['é', '😀'], n: 10n },
      { at: new Date(6), tags: [], n: -1n },
    ],
    2,
  )
  rdd.saveAsObjectFile(objects)
  assert.deepEqual(sc.objectFile(objects).collect(), rdd.collect())
  sc.parallelize(['x', 'y', 'ü'], 2).saveAsTextFile(text)
  sc.parallelize(['x', 'y', 'ü'], 2).saveAsTextFile(packed, 'gzip')
  assert.deepEqual(sc.textFile(text).collect(), ['x', 'y', 'ü'])
  assert.deepEqual(sc.textFile(packed).collect(), ['x', 'y', 'ü'])
  assert.deepEqual(readdirSync(packed), ['_SUCCESS', 'part-00000.gz', 'part-00001.gz'])
})
