import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import { loadProgram } from '../../../lib/hosts/embedded/load-program.ts'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'

async function load(
  t: TestContext,
  program: string,
  started: boolean,
  patienceMs?: number,
): ReturnType<typeof loadProgram> {
  const file = join(await temporaryFolder(t), 'program.ts')
  writeFileSync(file, program)
  return loadProgram(pathToFileURL(file).href, {
    started: () => started,
    ...(patienceMs === undefined ? {} : { patienceMs }),
  })
}

test('B16: a program that is busy and starts nothing is given up after a while', async (t) => {
  const busy =
    'const timer = setInterval(() => {}, 1)\nsetTimeout(() => clearInterval(timer), 500)\nawait new Promise(() => {})\n'
  await assert.rejects(load(t, busy, false, 50), {
    code: 'E_USER_INIT',
    message: 'The program has neither ended nor started a stream after 0.05 s.',
  })
})

test('a program that has started a stream may take as long as it likes', async (t) => {
  assert.deepEqual(await load(t, 'await new Promise((resolve) => setTimeout(resolve, 100))\n', true, 10), {
    kind: 'classic',
  })
})

test('a program is an app by its default export', async (t) => {
  const loaded = await load(
    t,
    `import { app, seconds } from '${new URL('../../../lib/index.ts', import.meta.url).href}'\nexport ` +
      `default app('it', seconds(1), () => {})\n`,
    false,
  )
  assert.equal(loaded.kind === 'app' && loaded.app.name, 'it')
})
