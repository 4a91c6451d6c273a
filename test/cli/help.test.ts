import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Command, helpOf, overview } from '../../lib/cli/help.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'
import { sluice } from './cli.ts'

const commands: Command[] = [
  ...(['run', 'dev', 'create', 'graph', 'state', 'verify', 'explain', 'plan', 'simulate'] as const),
  ...(['status', 'pause', 'resume', 'dead', 'outputs'] as const),
]

test('every page of help fits one screen and has two examples', () => {
  for (const page of [overview(), ...commands.map(helpOf)]) {
    const lines = page.trimEnd().split('\n')
    assert.ok(lines.length <= 30 && lines.every((line) => line.length <= 120), page)
    const examples = lines.slice(lines.indexOf('Examples') + 1).filter((line) => line.startsWith('  sluice '))
    assert.equal(examples.length, 2, page)
  }
})

test('--help and --version answer on stdout with exit code 0; nothing at all is exit code 2', async (t) => {
  const folder = await temporaryFolder(t)
  assert.deepEqual(await sluice(t, folder, ['run', '--help']), {
    code: 0,
    signal: null,
    stdout: helpOf('run'),
    stderr: '',
  })
  assert.match((await sluice(t, folder, ['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
  assert.equal((await sluice(t, folder, [])).code, 2)
})
