import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { bundle } from '../../../lib/hosts/serverless/bundle.ts'
import { codeId } from '../../../lib/hosts/serverless/code-id.ts'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

const program = (n: number): string => `import { app, seconds } from 'sluice'
export default app('it', seconds(1), (ssc) => { ssc.queueStream([[1]]).map((n) => n + ${n}).print() })
`

/** Which code a program is, in a folder of its own. */
async function idOf(t: TestContext, text: string): Promise<string> {
  const folder = await temporaryFolder(t)
  mkdirSync(join(folder, 'src'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/sluice'))
  writeFileSync(join(folder, 'src/app.ts'), text)
  await bundle(folder, 'src/app.ts', false)
  return codeId(folder, false)
}

test('the same program is the same code in any folder, and a changed one is another', async (t) => {
  const [first, second, changed] = [await idOf(t, program(1)), await idOf(t, program(1)), await idOf(t, program(2))]
  assert.match(first, /^[0-9a-f]{6}$/)
  assert.equal(second, first)
  assert.notEqual(changed, first)
})
