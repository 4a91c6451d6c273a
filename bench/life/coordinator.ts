import { ManualClock } from '../../lib/adapters/local/manual-clock.ts'
import { silentLog } from '../../lib/host/log.ts'
import { coordinatorHost } from '../../lib/hosts/lambda/coordinator-host.ts'
import { KnownProgram, runDueBatches } from '../../lib/hosts/lambda/coordinator.ts'
import { decodeInvocation } from '../../lib/hosts/lambda/invocation.ts'
import { withRealPauses } from '../../test/support/real-pauses.ts'

// Run by the workload `life` as a process of its own, which holds a coordinator function and nothing else: it is invoked
// once a batch, says how much memory it holds now and then, and ends.

const MINUTE_MS = 60_000
const [batches, apart] = process.argv.slice(2).map(Number)

// Seconds into a minute, where ticks come.
const clock = new ManualClock(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS + 10_000)
const host = { ...coordinatorHost(process.env), clock: withRealPauses(clock), log: silentLog }
const known = new KnownProgram()
const context = { awsRequestId: 'life', getRemainingTimeInMillis: () => 5 * MINUTE_MS }
const invoke = () => runDueBatches(decodeInvocation({}, context, clock.now()), known, host)

const rssMb: number[] = []
await invoke()
for (let batch = 1; batch <= batches; batch++) {
  await clock.advance(MINUTE_MS)
  const answer = await invoke()
  if (!('committed' in answer) || answer.committed !== batch)
    throw new Error(`batch ${batch}: ${JSON.stringify(answer)}`)
  if (batch % apart === 0) rssMb.push(process.memoryUsage.rss() / 2 ** 20)
}
console.log(JSON.stringify(rssMb))
process.exit()
