import assert from 'node:assert/strict'
import { test } from 'node:test'
import { madeReady, missingPackages } from '../../../lib/hosts/embedded/made-ready.ts'
import { app, type OutputSink, seconds } from '../../../lib/index.ts'
import { hasCode, SluiceError } from '../../../lib/model/errors.ts'
import { loadPeer } from '../../../lib/output/peer.ts'

const missing = (): Promise<never> =>
  Promise.reject(Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }))

test('a package that a sink needs and that is not installed is found before anything runs', async () => {
  const sink: OutputSink<string> = {
    name: 'lacking',
    guarantee: 'at-least-once',
    ready: () => loadPeer('a-driver', missing),
    write: async () => assert.fail('written'),
  }
  const context = app('ready', seconds(1), (ssc) => ssc.socketTextStream('localhost', 1).output('out', sink)).build()
  await assert.rejects(
    madeReady(context.graph),
    (error) =>
      hasCode(error, 'E_SINK_PEER') &&
      error.next.includes('npm install a-driver') &&
      /made-ready\.test\.ts/.test(error.where.place!),
  )
})

test('packages that functions would lack are found all at once, and nothing else that is not ready yet', async () => {
  const lacking = (driver: string): OutputSink<string> => ({
    name: driver,
    guarantee: 'at-least-once',
    ready: () => loadPeer(driver, missing),
    write: async () => assert.fail('written'),
  })
  const context = app('lacks', seconds(1), (ssc) => {
    const lines = ssc.socketTextStream('localhost', 1)
    for (const driver of ['b-driver', 'a-driver', 'b-driver']) lines.output(lacking(driver))
  }).build()
  const noRegion = (): Promise<never> => Promise.reject(new SluiceError('E_AWS_SETTING', 'No region is set.'))
  assert.deepEqual(await missingPackages(context.graph, [noRegion, () => loadPeer('a-client', missing)]), [
    'a-client',
    'a-driver',
    'b-driver',
  ])
})
