import assert from 'node:assert/strict'
import { test } from 'node:test'
import { driverError, secretsOf, shownAddress } from '../../lib/output/secrets.ts'

const PASSWORD = 'p@ss wörd'
const ENCODED = encodeURIComponent(PASSWORD)
const url = `postgres://user:${ENCODED}@host:5432/db?token=abcdef123&ssl=1`

test('of an address nobody sees user, password or query, and its path only where that is no secret', () => {
  assert.equal(shownAddress(url, { path: true }), 'postgres://host:5432/db')
  assert.equal(shownAddress(url, { path: false }), 'postgres://host:5432')
  assert.equal(shownAddress(PASSWORD, { path: true }), '<an address that is not a URL>')
})

test('a password is a secret as its address has it and as it is meant; short values of a query are none', () => {
  const secrets = secretsOf(url)
  for (const secret of [url, ENCODED, PASSWORD, 'abcdef123']) assert.ok(secrets.includes(secret), secret)
  assert.ok(!secrets.includes('1'))
  assert.deepEqual(secretsOf('no address'), ['no address'])
  assert.ok(secretsOf('mysql://u:abc@host/db').includes('abc'), 'a short password is a secret as well')
})

for (const secret of [url, ENCODED, PASSWORD, 'abcdef123'])
  test(`an error of a driver says nothing of what nobody may see, and neither does its cause: ${secret}`, () => {
    const facts = { did: 'nothing was written' }
    const error = driverError('E_SINK_REJECTED', 'db', new Error(`refused for ${secret}`), secretsOf(url), facts)
    assert.ok(!error.message.includes(secret) && error.cause === undefined, error.message)
    assert.match(error.message, /<redacted>/)
  })
