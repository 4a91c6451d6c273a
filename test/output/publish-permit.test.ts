import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Manifest } from '../../lib/model/manifest.ts'
import { PublishPermit } from '../../lib/output/publish-permit.ts'
import { headWith, manifestRef } from '../checkpoint/heads.ts'

const manifestOf = (batch: number): Manifest => ({ batch }) as Manifest
const plan = { nonce: 'n', tick: 3, content: { key: 'plan', len: 1, crc: 1 } }
const refused = { code: 'E_NOT_COMMITTED' }

test('I5: only a head that has committed a batch gives the right to show it', () => {
  const head = headWith({ committed: 2, outDone: 1, manifest: manifestRef(2) })
  assert.equal(PublishPermit.committed(head, manifestRef(2), manifestOf(2)).manifest.batch, 2)
  assert.throws(() => PublishPermit.committed(head, manifestRef(3), manifestOf(3)), refused)
  assert.throws(() => PublishPermit.committed(head, manifestRef(2), manifestOf(3)), refused, 'of a batch to come')
  assert.throws(() => PublishPermit.committed(head, manifestRef(1), manifestOf(1)), refused, 'shown and not owed')
})

test('what an output owes may be shown for as long as the head says that it is owed', () => {
  const owed = [{ batch: 1, output: 'print', manifest: manifestRef(1) }]
  const head = headWith({ committed: 2, outDone: 2, manifest: manifestRef(2), owed })
  assert.equal(PublishPermit.committed(head, manifestRef(1), manifestOf(1)).beforeCommit, null)
})

test('before its commit a batch is shown only where its plan is open', () => {
  const open = headWith({ committed: 2, plan })
  assert.deepEqual(PublishPermit.beforeCommit(open, manifestRef(3), manifestOf(3)).beforeCommit, {
    plan: 'n',
    manifest: manifestRef(3),
  })
  assert.throws(() => PublishPermit.beforeCommit(headWith({ committed: 2 }), manifestRef(3), manifestOf(3)), refused)
  assert.throws(() => PublishPermit.beforeCommit(open, manifestRef(4), manifestOf(4)), refused)
})
