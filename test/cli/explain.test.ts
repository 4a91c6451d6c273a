import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { errorSections } from '../../lib/cli/explain.ts'
import { filesBelow, withoutComments } from '../house/source-files.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'
import { sluice } from './cli.ts'

const sections = errorSections(readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8'))

/** Codes that no user can see. */
const simulated = new Set(['E_SIMULATED'])

test('every code of the library has a section in docs/errors.md, and every section a code', () => {
  const code = filesBelow('lib', 'functions')
    .filter(({ path }) => path.endsWith('.ts'))
    .map(({ text }) => withoutComments(text))
    .join('\n')
  const codes = new Set(
    [...code.matchAll(/(?<![\w`])E_[A-Z0-9]+(?:_[A-Z0-9]+)*(?!\w)/g)]
      .map(([found]) => found)
      .filter((found) => !simulated.has(found)),
  )
  assert.deepEqual([...codes].filter((each) => !sections.has(each)).sort(), [], 'codes without a section')
  assert.deepEqual([...sections.keys()].filter((each) => !codes.has(each)).sort(), [], 'sections without a code')
})

test('every section says what to do', () => {
  assert.deepEqual(
    [...sections].filter(([, text]) => !/\*\*What to do\.\*\* \S/.test(text)).map(([each]) => each),
    [],
  )
})

test('explain prints one section, in any case and without the E_', async (t) => {
  const folder = await temporaryFolder(t)
  const full = await sluice(t, folder, ['explain', 'E_NO_OUTPUT'])
  const short = await sluice(t, folder, ['explain', 'no_output'])
  assert.equal(full.stdout, `E_NO_OUTPUT\n\n${sections.get('E_NO_OUTPUT')}\n`)
  assert.equal(short.stdout, full.stdout)
})
