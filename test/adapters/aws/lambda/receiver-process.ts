import { systemClock } from '../../../../lib/adapters/local/system-clock.ts'
import type { BlobStore } from '../../../../lib/host/blob-store.ts'
import { silentLog } from '../../../../lib/host/log.ts'
import { receiverLife } from '../../../../lib/hosts/functions/receiver-life.ts'
import { awsHost } from '../../../../lib/hosts/lambda/host.ts'
import { builtApp } from '../../../../lib/hosts/program/built-program.ts'
import { app, minutes } from '../../../../lib/index.ts'
import { countNumbers } from './numbers-received.ts'

// One life of a receiver as a process of its own: of which app, from which port, how far its clock is ahead, and
// which of its blocks it is killed at, before or after that is stored.
const [name, place, port, aheadMs, stallAt, when] = process.argv.slice(2)

const ahead = Number(aheadMs)
const clock = {
  now: () => systemClock.now() + ahead,
  sleepUntil: (time: number, signal?: AbortSignal) => systemClock.sleepUntil(time - ahead, signal),
}
const { blobs, ...rest } = awsHost(process.env)
let put = 0
const stalling: BlobStore = {
  get: (key) => blobs.get(key),
  getRange: (key, offset, length) => blobs.getRange(key, offset, length),
  list: (prefix) => blobs.list(prefix),
  delete: (key) => blobs.delete(key),
  async putNew(key, bytes) {
    const stalls = ++put === Number(stallAt)
    if (!stalls || when === 'after') await blobs.putNew(key, bytes)
    if (!stalls) return
    process.stdout.write('stalled\n')
    await new Promise(() => {})
  },
}
const built = builtApp(
  app(name, minutes(1), (ssc) => countNumbers(Number(port))(ssc, place)),
  1,
  'numbers',
)
const node = built.context.graph.inputs.find(({ uid }) => uid === 'numbers')!
const answer = await receiverLife(
  built,
  node,
  { ...rest, blobs: stalling, clock, log: silentLog },
  { holder: `process ${process.pid}`, stopAt: clock.now() + 5000, deadline: clock.now() + 100_000 },
)
process.stdout.write(`${JSON.stringify(answer)}\n`)
process.exit(0)
