import type { AwsHost } from '../../../lib/hosts/lambda/host.ts'
import { MemoryHeadStore } from '../../../lib/adapters/local/head-memory.ts'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { systemRandom } from '../../../lib/adapters/local/system-random.ts'
import { created } from '../../../lib/checkpoint/transition.ts'
import type { BlobStore } from '../../../lib/host/blob-store.ts'
import { silentLog } from '../../../lib/host/log.ts'
import type { Head } from '../../../lib/model/head.ts'
import { START } from '../../support/run.ts'

/** What a function of the app has around it, where its head was just created: as incarnation `i1`, with this graph. */
export async function functionHost(app: string, graph: string, blobs: BlobStore): Promise<AwsHost> {
  const head = new MemoryHeadStore<Head>()
  const first = { app, inc: 'i1', graph, intervalMs: 1000, zeroTime: START, conf: {}, holder: 'h', leaseUntil: 0 }
  await head.cas(0, created(first), 'create')
  const clock = new ManualClock(START)
  return { blobs, random: systemRandom, clock, log: silentLog, head: () => head } as unknown as AwsHost
}
