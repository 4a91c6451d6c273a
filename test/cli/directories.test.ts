import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { project, sluice } from './cli.ts'

const program = `import { app, milliseconds } from 'sluice'
import { counter } from './numbers.ts'
export default app('numbers', milliseconds(20), (ssc) => {
  ssc.source('numbers', counter).print()
})
`

// `/proc` has no room for folders: making one there with Node's own `recursive` never ends.
for (const [dir, why] of [
  ['/proc/sluice/state', /no folder can be made there/],
  ['file', /a file is in the way/],
  ['file/below', /a file is in the way/],
] as const) {
  test(`--dir ${dir} is refused in one sentence, with exit code 2 and no batch`, async (t) => {
    const folder = await project(t, { 'app.ts': program })
    writeFileSync(join(folder, 'file'), '')
    const { code, stdout, stderr } = await sluice(t, folder, ['run', 'app.ts', '--dir', dir, '--batches', '1'])
    assert.deepEqual([code, stdout], [2, ''], stderr)
    assert.match(stderr, /^✕ E_DIRECTORY {2}The directory .* cannot be used: /)
    assert.match(stderr, why)
    assert.equal(stderr.match(/✕/g)?.length, 1)
  })
}
