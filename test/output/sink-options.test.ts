import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mysql, postgres, redis, sqlite, webhook } from '../../lib/adapters/index.ts'
import { hasCode } from '../../lib/model/errors.ts'

const sinks: Readonly<Record<string, (options: any) => unknown>> = {
  sqlite: (options) => sqlite('pages.db', options),
  postgres: (options) => postgres('postgres://localhost/pages', options),
  mysql: (options) => mysql('mysql://localhost/pages', options),
  redis: (options) => redis('redis://localhost', options),
  webhook: (options) => webhook('https://example.com/', options),
}

const refused = (act: () => unknown, message: RegExp): void =>
  assert.throws(act, (error) => {
    assert.ok(hasCode(error, 'E_ARGUMENT'), String(error))
    assert.match(error.message, message)
    return true
  })

for (const [name, sink] of Object.entries(sinks))
  test(`${name} without options that are some is refused where it is written`, () => {
    for (const options of [null, 'pages', 5, ['pages']]) refused(() => sink(options), /^The options of .* are /)
  })

test('a sink of SQL or Redis says what it cannot do without', () => {
  for (const name of ['sqlite', 'postgres', 'mysql']) {
    refused(() => sinks[name](undefined), /^The options of a sink for .* are undefined/)
    refused(() => sinks[name]({}), /^table of a sink for .* is undefined; it needs a string/)
    refused(() => sinks[name]({ table: 'pages', columns: 'page' }), /^columns of .* is a string; it needs a list/)
    refused(() => sinks[name]({ table: 'pages', columns: ['page'] }), /^row of .* is undefined; it needs a function/)
    refused(() => sinks[name]({ statements: 'insert' }), /^statements of .* is a string; it needs a function/)
  }
  refused(() => sinks['redis']({}), /^commands of redis is undefined; it needs a function/)
})
