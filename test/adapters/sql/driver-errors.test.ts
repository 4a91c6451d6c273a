import assert from 'node:assert/strict'
import { test } from 'node:test'
import { driverError } from '../../../lib/output/secrets.ts'
import { assertRefusal, SECRET } from '../../support/secret.ts'

/** What databases say, and what is passed on. */
const messages: readonly [said: string, shown: string][] = [
  [`Duplicate entry '${SECRET}' for key 'counts.PRIMARY'`, "Duplicate entry '…' for key 'counts.PRIMARY'"],
  [
    `Incorrect integer value: '${SECRET}' for column 'n' at row 1`,
    "Incorrect integer value: '…' for column 'n' at row 1",
  ],
  [
    `Incorrect integer value: '${SECRET}' for column \`shop\`.\`counts\`.\`n\` at row 1`,
    "Incorrect integer value: '…' for column `shop`.`counts`.`n` at row 1",
  ],
  ["Field 'n' doesn't have a default value", "Field 'n' doesn't have a default value"],
  [`invalid input syntax for type integer: "${SECRET}"`, 'invalid input syntax for type integer: "…"'],
  [
    'duplicate key value violates unique constraint "counts_pkey"',
    'duplicate key value violates unique constraint "counts_pkey"',
  ],
  ['relation "nowhere" does not exist', 'relation "nowhere" does not exist'],
  ["Table 'db.nowhere' doesn't exist", "Table 'db.nowhere' doesn't exist"],
  ['UNIQUE constraint failed: counts.word', 'UNIQUE constraint failed: counts.word'],
  [
    `ERR unknown command 'FOO', with args beginning with: '${SECRET}' 'a'`,
    "ERR unknown command 'FOO', with args beginning with: '…' '…'",
  ],
  [`value "${SECRET}\nof two lines" is out of range for type integer`, 'value "…" is out of range for type integer'],
]
for (const [said, shown] of messages) {
  test(`B49: ${shown.slice(0, 50)}: names stay, values do not`, () => {
    const facts = { where: { operator: 'out', partition: 3, batch: 7 }, did: 'nothing of it was stored' }
    const error = assertRefusal(
      driverError('E_SINK_REJECTED', 'postgres://host/db', new Error(said), [], facts),
      'E_SINK_REJECTED',
    )
    assert.equal(error.message, `postgres://host/db: ${shown}`)
    assert.deepEqual(error.where, facts.where)
  })
}
