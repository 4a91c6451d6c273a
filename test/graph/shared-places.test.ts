import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { files } from '../../lib/adapters/index.ts'
import { localDirectories } from '../../lib/adapters/local/directories.ts'
import { validateStart } from '../../lib/api/dstream/validate-start.ts'
import { app, type DStream, seconds } from '../../lib/index.ts'
import { hasCode } from '../../lib/model/errors.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'

type Write = (lines: DStream<string>, folder: string) => void

const startOf = (write: Write, folder: string): void => {
  const context = app('places', seconds(1), (ssc) => write(ssc.socketTextStream('localhost', 1), folder)).build()
  context.checkpointDir = 'memory'
  validateStart(context)
}
const sink = (path: string) => files<string>(path, { format: 'text' })

const shared: readonly [what: string, write: Write][] = [
  ['two streams', (lines, out) => [lines, lines.filter(Boolean)].forEach((each) => each.saveAsTextFiles(`${out}/x`))],
  ['a stream and its window', (lines, out) => {
    lines.saveAsTextFiles(`${out}/x`)
    lines.window(seconds(2)).saveAsTextFiles(`${out}/x`)
  }],
  ['text and object files', (lines, out) => {
    lines.saveAsTextFiles(`${out}/x`)
    lines.saveAsObjectFiles(`${out}/x`)
  }],
  ['./x and x', (lines) => {
    lines.saveAsTextFiles('./out/x', 'txt')
    lines.saveAsTextFiles('out/x', 'txt')
  }],
  ['a path and its URL', (lines, out) => {
    lines.saveAsTextFiles(`${out}/x`)
    lines.saveAsTextFiles(pathToFileURL(`${out}/x`).href)
  }],
  ['a path and a link to it', (lines, out) => {
    lines.saveAsTextFiles(`${out}/real/x`)
    lines.saveAsTextFiles(`${out}/link/x`)
  }],
  ['two sinks of one folder', (lines, out) => {
    lines.output('a', sink(out))
    lines.output('b', sink(`${relative(process.cwd(), out)}/`))
  }],
  ['one prefix in S3', (lines) => {
    lines.saveAsTextFiles('s3://bucket/x')
    lines.saveAsTextFiles('s3a://bucket/x')
  }],
] // prettier-ignore

for (const [what, write] of shared) {
  test(`${what} in one place are refused before anything starts`, async (t) => {
    const folder = await temporaryFolder(t)
    mkdirSync(join(folder, 'real'))
    symlinkSync(join(folder, 'real'), join(folder, 'link'))
    assert.throws(
      () => startOf(write, folder),
      (error) => hasCode(error, 'E_SINK_TAKEN') && /shared-places\.test\.ts/.test(error.where.place!),
    )
  })
}

test('two outputs in one place are told by it as it was written, without a time that nobody wrote', async (t) => {
  const folder = await temporaryFolder(t)
  const said = (write: Write): string => {
    try {
      startOf(write, folder)
    } catch (error) {
      return (error as Error).message
    }
    return ''
  }
  const twice = (out: string): string =>
    said((lines) => {
      lines.saveAsTextFiles(out, '', { name: 'one' })
      lines.saveAsTextFiles(out, '', { name: 'two' })
    })
  assert.equal(twice('out/counts'), 'The outputs "one" and "two" both write into out/counts-<ms>.')
  const sinks = said((lines) => {
    lines.output('one', sink('out'))
    lines.output('two', sink('./out/'))
  })
  assert.match(sinks, /both write into \S+out\/?\.$/)
  const loop = said((lines) => lines.context.textFileStream('in-*').saveAsTextFiles('in', '', { name: 'one' }))
  assert.match(loop, /^The output "one" writes files into in-<ms>, where/)
})

test('prefixes that differ, or one prefix with two suffixes, are no shared place', async (t) => {
  const folder = await temporaryFolder(t)
  startOf((lines, out) => {
    lines.saveAsTextFiles(`${out}/x`)
    lines.saveAsTextFiles(`${out}/x`, 'txt')
    lines.saveAsTextFiles(`${out}/y`)
    lines.output('a', sink(`${out}/a`))
  }, folder)
})

test('what another app has written is not replaced', async (t) => {
  const folder = join(await temporaryFolder(t), 'x-1000')
  const parts = [{ name: 'part-00000', bytes: Buffer.from('a\n') }]
  await localDirectories.write(folder, parts, { app: 'one', output: 'lines' })
  await localDirectories.write(folder, parts, { app: 'one', output: 'lines' })
  await assert.rejects(localDirectories.write(folder, [], { app: 'two', output: 'lines' }), (error) =>
    hasCode(error, 'E_SINK_TAKEN'),
  )
  assert.deepEqual(await readdir(folder), ['_SUCCESS', 'part-00000'])
})
