import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesBelow, occurrences, withoutComments } from './source-files.ts'

const readers = filesBelow('lib', 'functions').filter(
  ({ path }) => path.endsWith('.ts') && !path.startsWith('lib/model/settings/'),
)

test('settings are read by readSetting and variables by readVariable, whose names are checked', () => {
  const quote = '[\'"`]'
  const setting = String.raw`\b(?:conf|settings)\w*\)?(?:\.(?:get\w*|contains))?\(\s*${quote}`
  const loose = new RegExp(
    String.raw`${setting}(?:sluice|spark\.(?!jobGroup|job\.))|(?:${quote}|[.[])SLUICE_[A-Z_]+${quote}?\]`,
  )
  assert.deepEqual(
    readers.flatMap(({ path, text }) =>
      occurrences(withoutComments(text), loose)
        .filter((found) => !/\bsettings\('/.test(found.text) && !/\bconf\.set\(/.test(found.text))
        .map((found) => `${path}:${found.line}: ${found.text} — readSetting(conf, name), from model/settings/read.ts`),
    ),
    [],
  )
})

test('one file puts coordinators together', () => {
  assert.deepEqual(
    readers.filter(({ text }) => withoutComments(text).includes('Coordinator.open(')).map(({ path }) => path),
    ['lib/runtime/coordinator/assemble.ts'],
    'call what that file exports',
  )
})
