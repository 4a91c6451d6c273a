import assert from 'node:assert/strict'
import { mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runExample, temporaryFolder } from './running-example.ts'

test(
  'a file that is moved in is counted once, touched or not; hidden files are not; a pattern finds its ' +
    'directories; a batch takes one queued RDD',
  async (t) => {
    const directory = temporaryFolder()
    const outside = temporaryFolder()
    mkdirSync(join(directory, '2017', '03'), { recursive: true })
    const moveIn = (name: string, text: string) => {
      writeFileSync(join(outside, 'file'), text)
      renameSync(join(outside, 'file'), join(directory, name))
    }

    const program = runExample(t, 'file-and-queue-sources', directory, 0.5)
    const texts = () => program.printedBy(0, 4).flatMap((batch) => batch.lines)
    const queued = () => program.printedBy(3, 4).map((batch) => batch.lines)
    await program.until('both queued RDDs', () => queued().length >= 3)
    assert.deepEqual(queued().slice(0, 3), [['queued first'], ['queued second'], []])

    moveIn('.hidden.txt', 'hidden\n')
    moveIn('a.txt', 'one\ntwo\n')
    await program.until('the first file', () => texts().length > 0)
    utimesSync(join(directory, 'a.txt'), new Date(), new Date())
    await program.untilMore(8)
    moveIn('2017/03/c.txt', 'in March\n')
    moveIn('b.txt', 'three\n')
    await program.until('the second file', () => texts().includes('three'))
    await program.until('a file below the pattern', () => program.stdout.includes('2017: in March'))

    assert.equal(await program.stop(), 0)
    assert.deepEqual(texts(), ['one', 'two', 'three'])
    assert.deepEqual(
      program.printedBy(1, 4).flatMap((batch) => batch.lines),
      ['a.txt has 8 bytes', 'b.txt has 6 bytes'],
    )
    assert.deepEqual(
      program.printedBy(2, 4).flatMap((batch) => batch.lines),
      ['2017: in March'],
    )
  },
)
