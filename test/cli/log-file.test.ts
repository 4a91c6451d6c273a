import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { LogFile } from '../../lib/cli/log-file.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'

const told = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => (JSON.parse(line) as { type: string }).type)

test('the log of a run has a time in each line, and not what is printed; the next run goes on behind it', async (t) => {
  const dir = join(await temporaryFolder(t), 'state')
  const path = join(dir, 'log.ndjson')
  for (const code of [0, 1]) {
    const log = new LogFile(dir, '1', () => assert.fail('it can be written'))
    log.print('secret')
    log.end(code)
  }
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  assert.equal(lines.length, 2)
  for (const line of lines) assert.match(line, /^\{"at":"\d{4}-\d\d-\d\dT[\d:.]+Z","type":"result"/)
})

test('a log of more than 16 MiB is put aside, also where an earlier run wrote it', async (t) => {
  const dir = await temporaryFolder(t)
  const [path, older] = [join(dir, 'log.ndjson'), join(dir, 'log.1.ndjson')]
  writeFileSync(path, '')
  truncateSync(path, 16 * 1024 * 1024)
  const log = new LogFile(dir, '1', () => assert.fail('it can be written'))
  log.end(0)
  log.end(0)
  log.end(0)
  assert.deepEqual([told(older).length, told(path)], [0, ['result', 'result']])
})

test('a log that cannot be written any more is said once, until it can be again', async (t) => {
  const dir = await temporaryFolder(t)
  const said: string[] = []
  const log = new LogFile(dir, '1', (message) => void said.push(message))
  const path = join(dir, 'log.ndjson')
  for (const _round of [1, 2]) {
    rmSync(path, { recursive: true, force: true })
    mkdirSync(path)
    log.end(0)
    log.end(0)
    rmSync(path, { recursive: true })
    log.end(0)
  }
  assert.equal(said.length, 2)
  assert.match(said[0], /^the log of the run cannot be written: EISDIR/)
  assert.deepEqual(told(path), ['result'])
})

test('a directory that cannot hold a log ends the run before it starts', async (t) => {
  const file = join(await temporaryFolder(t), 'file')
  writeFileSync(file, '')
  assert.throws(() => new LogFile(join(file, 'state'), '1', () => {}), { code: 'E_DIRECTORY' })
})
