import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Cli, sluice } from './cli.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'

test('a new project counts clicks at once, before anything is installed', async (t) => {
  const folder = await temporaryFolder(t)
  const made = await sluice(t, folder, ['create', 'clicks'])
  assert.equal(made.code, 0)
  assert.match(made.stdout, /^ {2}clicks\/ {2}created\n[^]*\n {2}next {3}cd clicks && npm install && npm start\n$/)
  assert.deepEqual(readdirSync(join(folder, 'clicks')).sort(), [
    '.gitignore',
    'README.md',
    'package.json',
    'src',
    'tsconfig.json',
  ])
  const { scripts } = JSON.parse(readFileSync(join(folder, 'clicks/package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  assert.equal(scripts['start'], 'sluice dev src/app.ts')
  // Two seconds a batch are for people.
  const program = join(folder, 'clicks/src/app.ts')
  writeFileSync(program, readFileSync(program, 'utf8').replace('seconds(2)', 'seconds(0.1)'))
  const dev = new Cli(t, ['dev'], join(folder, 'clicks'))
  await dev.says('#2 ')
  dev.child.kill('SIGINT')
  const { code, stdout, stderr } = await dev.ended
  assert.equal(code, 0)
  assert.match(stdout, /\('?\/cart'?,\d+\)/)
  assert.match(stdout, /since the start: \[ \[ '.+', \d+ \]/)
  assert.match(stderr, /#1 +\d\d:\d\d:\d\d {6}3\d\d /)
})

test('nothing is written where something is, and odd names are refused', async (t) => {
  const folder = await temporaryFolder(t)
  writeFileSync(join(folder, 'taken'), 'mine')
  const taken = await sluice(t, folder, ['create', 'taken'])
  assert.deepEqual([taken.code, readFileSync(join(folder, 'taken'), 'utf8')], [1, 'mine'])
  assert.match(taken.stderr, /^✕ E_EXISTS {2}taken is already there\./)
  assert.equal((await sluice(t, folder, ['create', 'Not A Name'])).code, 2)
  assert.deepEqual(readdirSync(folder), ['taken'])
})
