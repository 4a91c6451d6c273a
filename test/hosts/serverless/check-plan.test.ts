import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPlan } from '../../../lib/hosts/serverless/check-plan.ts'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'
import { stagePlaceOf } from '../../support/stage-place.ts'

const nobody = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_MAX_ATTEMPTS: '1',
}

test('a program that could not be compared is no program that orphans state', async (t) => {
  const folder = await temporaryFolder(t)
  await assert.rejects(checkPlan(folder, stagePlaceOf({ app: 'nope.ts' }), {}), { code: 'E_USAGE' })
})

test('a stage that cannot be reached is said to be out of reach', async (t) => {
  const folder = await temporaryFolder(t)
  const place = stagePlaceOf({
    app: new URL('../../../examples/word-count-s3.ts', import.meta.url).pathname,
    bucket: 'b',
  })
  await assert.rejects(checkPlan(folder, place, nobody), { code: 'E_AWS_ACCESS' })
})
