import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { bundle, BUILD_FOLDER } from '../../../lib/hosts/serverless/bundle.ts'
import { codeId } from '../../../lib/hosts/serverless/code-id.ts'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

const program = (n: number): string => `import { app, seconds } from 'sluice'
export default app('it', seconds(1), (ssc) => { ssc.queueStream([[1]]).map((n) => n + ${n}).print() })
`

/** The functions of a program, in a folder of its own. */
async function bundled(t: TestContext, text: string): Promise<string> {
  const folder = await temporaryFolder(t)
  mkdirSync(join(folder, 'src'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/sluice'))
  writeFileSync(join(folder, 'src/app.ts'), text)
  await bundle(folder, 'src/app.ts', false)
  return folder
}

const idOf = async (t: TestContext, text: string): Promise<string> => codeId(await bundled(t, text), false)

test('the same program is the same code in any folder, and a changed one is another', async (t) => {
  const [first, second, changed] = [await idOf(t, program(1)), await idOf(t, program(1)), await idOf(t, program(2))]
  assert.match(first, /^[0-9a-f]{6}$/)
  assert.equal(second, first)
  assert.notEqual(changed, first)
})

test('the program is in the functions that run it, and in no other', async (t) => {
  const functions = join(await bundled(t, program(424_242_424)), BUILD_FOLDER)
  const files = readdirSync(functions, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.mjs'))
  const holding = files.filter((file) => readFileSync(join(functions, file), 'utf8').includes('424242424'))
  assert.deepEqual([...new Set(holding.map((file) => /^[a-z]+/.exec(file)![0]))].toSorted(), ['output', 'task'])
})
