import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

// What is taken from a list by its number, or from a record by a name, may be missing: the compiler asks in these rooms
// (`noUncheckedIndexedAccess`). The others walk columns and tables in loops that know their bounds: there each place
// would say `!`, and none would be safer. Of a room that is not named here nothing is asked.
const ASKED = [
  'lib/model/',
  'lib/host/',
  'lib/output/',
  'lib/checkpoint/',
  'lib/graph/',
  'lib/plan/',
  'lib/observe/',
  'lib/verify/',
  'lib/runtime/',
  'lib/adapters/',
  'lib/hosts/',
  'functions/',
]

test('what is taken by a number or a name may be missing, and somebody has thought of it', () => {
  const root = join(import.meta.dirname, '../..')
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [tsc, '--noEmit', '--pretty', 'false', '-p', '.', '--noUncheckedIndexedAccess'],
    { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 },
  )
  const lines = stdout.split('\n')
  assert.ok(
    lines.some((line) => line.startsWith('lib/')),
    `the compiler has not looked at anything: ${stdout}${stderr}`,
  )
  assert.deepEqual(
    lines.filter((line) => ASKED.some((room) => line.startsWith(room))),
    [],
    'say what happens where nothing is there; `!` where it cannot be',
  )
})
