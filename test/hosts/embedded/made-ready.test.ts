import assert from 'node:assert/strict'
import { test } from 'node:test'
import { madeReady } from '../../../lib/hosts/embedded/made-ready.ts'
import { app, type OutputSink, seconds } from '../../../lib/index.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import { loadPeer } from '../../../lib/output/peer.ts'

test('a package that a sink needs and that is not installed is found before anything runs', async () => {
  const missing = (): Promise<never> =>
    Promise.reject(Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }))
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
