import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { silentLog } from '../../../lib/host/log.ts'
import { WorkerLauncher } from '../../../lib/hosts/embedded/worker-launcher.ts'
import { hasCode } from '../../../lib/model/errors.ts'

test('threads whose program is not there end, and nothing is left that starts them again', async () => {
  const start = { module: '/nowhere/app.ts', args: [], fingerprint: '', folder: null, sync: false }
  await assert.rejects(
    WorkerLauncher.start(2, start, { blobs: new MemoryBlobStore(), log: silentLog }, null),
    (error) => hasCode(error, 'E_WORKER'),
  )
  // A thread that was started again would keep this process alive, and busy.
  assert.deepEqual(
    process.getActiveResourcesInfo().filter((resource) => resource === 'MessagePort' || resource === 'Worker'),
    [],
  )
})
