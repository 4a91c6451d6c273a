import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { cliRefusal } from '../../lib/cli/cli-refusal.ts'
import { placeOfStage } from '../../lib/cli/stage-place.ts'
import { sluice } from './cli.ts'

const AROUND =
  'Environment: linux, node 24.21.0, osls 4.3.1 (local)\nDocs:        github.com/oss-serverless/osls\n\nError:\n'

test('what the plugin refuses keeps its code and what to type, behind what the Serverless CLI says around it', () => {
  const said = `${AROUND}E_UNKNOWN_OPTION  "sluice" in serverless.yml has no option "slot".
did    nothing was packaged
next   write "slots"
next   or leave it out
`
  const { code, message, did, next } = cliRefusal('dev', said)
  assert.equal(code, 'E_UNKNOWN_OPTION')
  assert.equal(message, '"sluice" in serverless.yml has no option "slot".')
  assert.equal(did, 'nothing was packaged')
  assert.deepEqual(next, ['write "slots"', 'or leave it out'])
})

test('of a program that cannot be built the reason is said, and not that it cannot', () => {
  const said = `✕ E_USER_INIT  SyntaxError: Unexpected token ':'
  where  src/app.ts:1
  did    nothing was started
  next   mend the module
         or another

${AROUND}E_USER_INIT  The program src/app.ts could not be built.
did    nothing was packaged
`
  const { message, where, did, next } = cliRefusal('dev', said)
  assert.equal(message, "SyntaxError: Unexpected token ':'")
  assert.equal(where.detail, 'src/app.ts:1')
  assert.equal(did, 'nothing was started')
  assert.deepEqual(next, ['mend the module', 'or another'])
})

test('what the Serverless CLI refuses itself is said in its words, without what is around them', () => {
  const { code, message } = cliRefusal('a_b', `${AROUND}Invalid stage name. Stage names may contain only letters.\n`)
  assert.equal(code, 'E_USAGE')
  assert.equal(
    message,
    'serverless.yml could not be read for the stage a_b: Invalid stage name. Stage names may contain only letters.',
  )
})

test('a folder without serverless.yml is said to have none', async () => {
  const here = process.cwd()
  process.chdir(import.meta.dirname)
  try {
    await assert.rejects(placeOfStage('dev', null), /There is no serverless.yml in this folder/)
  } finally {
    process.chdir(here)
  }
})

test('sluice down where no serverless.yml is, or one without the plugin, ends with 2 and what to type', async (t) => {
  // Below the repository, where the Serverless CLI is found.
  const folder = await mkdtemp(join(import.meta.dirname, '../../.down-'))
  t.after(() => rm(folder, { recursive: true }))
  const none = await sluice(t, folder, ['down', '--stage', 'dev'])
  assert.deepEqual(
    [none.code, /✕ E_USAGE {2}(.*)/.exec(none.stderr)?.[1]],
    [2, 'There is no serverless.yml in this folder.'],
  )
  await writeFile(join(folder, 'serverless.yml'), 'service: bare\nprovider:\n  name: aws\n')
  const bare = await sluice(t, folder, ['down', '--stage', 'dev'])
  assert.deepEqual(
    [bare.code, /✕ E_USAGE {2}(.*)/.exec(bare.stderr)?.[1]],
    [2, 'serverless.yml does not name the plugin.'],
  )
})
