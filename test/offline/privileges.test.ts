import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createStores, startEmulators } from '../../lib/hosts/offline/emulators.ts'
import { type RecordedCall, startMeter } from '../../infra/meter.ts'
import { createServerless } from '../../infra/serverless-offline.ts'
import { FUNCTION_NAMES, type FunctionName, serverlessOptions } from '../../lib/hosts/serverless/options.ts'
import { statementsOf } from '../../lib/hosts/serverless/policies.ts'
import { grantsOf, judged, type Statement } from '../hosts/serverless/grants.ts'
import { plainNeeds } from '../support/plain-needs.ts'

/** Of the example. */
const BATCH_MS = 5000
const STAGE = { service: 'sluice', stage: 'offline', keeps: false }
const [table, bucket] = ['sluice-offline-sluice', 'sluice-offline-sluice-local']

/** Whose a directory is that was there before is read only where an output is shown once more. */
const IN_TROUBLE = 's3:GetObject sluice-offline-sluice-local/out/*'

test('least privilege: every call is granted to the function that makes it, and every grant is used', async () => {
  const calls = await recordedCalls()
  const byFunction = Map.groupBy(calls, ({ caller }) => caller)
  assert.deepEqual(
    [...byFunction.keys()].map(String).toSorted(),
    FUNCTION_NAMES.map((name) => `sluice-offline-${name}`).toSorted(),
  )
  for (const name of FUNCTION_NAMES) {
    const grants = grantsOf(
      // There is no queue here, as if batches came once a minute.
      statementsOf(STAGE, name, plainNeeds, serverlessOptions({ app: 'app.ts' })) as Statement[],
      'local',
    )
    const { forbidden, unused } = judged(grants, byFunction.get(`sluice-offline-${name}`)!.map(ofVersion))
    assert.deepEqual(
      { name, forbidden, unused: unused.filter((each) => each !== IN_TROUBLE || name !== 'output') },
      { name, forbidden: [], unused: [] },
    )
  }
})

/** Functions have no versions here. */
const ofVersion = (call: RecordedCall): RecordedCall =>
  call.action === 'lambda:InvokeFunction' ? { ...call, resource: `${call.resource}:1` } : call

/** A run of the example: batches with and without input, until a second coordinator has begun and objects are swept. */
async function recordedCalls(): Promise<readonly RecordedCall[]> {
  const emulators = await startEmulators()
  await createStores(emulators, table, bucket)
  const [objects, tables] = [await startMeter(emulators.s3), await startMeter(emulators.dynamodb)]
  const serverless = await createServerless(
    {
      ...emulators.environment,
      AWS_ENDPOINT_URL_S3: objects.url,
      AWS_ENDPOINT_URL_DYNAMODB: tables.url,
    },
    { metered: true },
  )
  after(async () => {
    await serverless.close()
    await Promise.all([objects.close(), tables.close()])
    await emulators.close()
  })
  await serverless.ready
  void serverless.tick()
  const wanted = [
    ['gc', 's3:DeleteObject'],
    ['coordinator', 's3:DeleteObject'],
    ['coordinator', 's3:GetObject'],
  ] as const
  const isOf = ({ caller }: RecordedCall, name: FunctionName): boolean => caller === `sluice-offline-${name}`
  const all = (): readonly RecordedCall[] => [...objects.calls, ...tables.calls, ...serverless.calls()]
  const put = (key: string, body: string): Promise<Response> =>
    fetch(`${emulators.s3}/${bucket}/${key}`, { method: 'PUT', body })
  // What an attempt that ended half way has left: those that come now compare it, and delete it.
  const next = Math.ceil(Date.now() / BATCH_MS) * BATCH_MS
  for (let batch = 0; batch < 20; batch++)
    for (const part of ['part-00000', 'part-99999'])
      await put(`out/counts-${next + batch * BATCH_MS}/${part}`, 'left over')
  // More words than ride along in a call.
  await put('in/words.txt', Array.from({ length: 100_000 }, (_, i) => `word${i}`).join('\n'))
  for (let i = 0; i < 90; i++) {
    if (i % 6 === 0) await put(`in/${i}.txt`, `to be or not ${i}\n`)
    // More names than a position holds: they are written down, and what that replaces is deleted.
    if (i % 12 === 2) await Promise.all(Array.from({ length: 300 }, (_, n) => put(`in/${i}-${n}.txt`, 'be')))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    if (i % 10 === 9) await serverless.collect()
    if (wanted.every(([name, action]) => all().some((call) => call.action === action && isOf(call, name)))) break
  }
  return all().filter(({ caller }) => caller !== null)
}
