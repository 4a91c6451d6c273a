import { ManualClock } from '../../../../lib/adapters/local/manual-clock.ts'
import { s3TextFiles } from '../../../../lib/adapters/aws/s3/s3-files.ts'
import { silentLog } from '../../../../lib/host/log.ts'
import { answerTaskCall } from '../../../../lib/hosts/functions/task-calls.ts'
import { showOutputs } from '../../../../lib/hosts/functions/output.ts'
import { KnownProgram, runDueBatches } from '../../../../lib/hosts/lambda/coordinator.ts'
import { coordinatorHost } from '../../../../lib/hosts/lambda/coordinator-host.ts'
import { decodeInvocation } from '../../../../lib/hosts/lambda/invocation.ts'
import { builtApp } from '../../../../lib/hosts/program/built-program.ts'
import { SILENT_MS } from '../../../../lib/model/head.ts'
import { app, minutes } from '../../../../lib/index.ts'
import { lambdaServer } from '../lambda-server.ts'

// One invocation of a coordinator as a process of its own: which app, at what time, and whether its batch never ends.
const [name, time, mode] = process.argv.slice(2)
const bucket = process.env['SLUICE_BUCKET']!

const program = app(name, minutes(1), (ssc) => {
  ssc
    .source('lines', s3TextFiles(`s3://${bucket}/${name}/in`))
    .map((line) => {
      if (mode !== 'run') {
        process.stdout.write('computing\n')
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
      }
      return line
    })
    .count()
    .saveAsTextFiles(`s3://${bucket}/${name}/out/lines`)
})

const clock = new ManualClock(Number(time))
const built = builtApp(program, 1)
const lambda = await lambdaServer({
  task: (call) => answerTaskCall(call, built, newHost()),
  output: (request) => showOutputs(request, built, newHost(), Date.now() + 60_000),
})
const environment = {
  ...process.env,
  SLUICE_TASK_FUNCTION: 'task',
  SLUICE_OUTPUT_FUNCTION: 'output',
  SLUICE_SLOTS: '1',
  AWS_ENDPOINT_URL_LAMBDA: lambda.url,
}
const shared = coordinatorHost(environment)
const newHost = () => ({ ...shared, clock, log: silentLog })
// Its batch takes so long that it shows that it holds the app.
if (mode === 'hold')
  lambda.before = async (kind) => {
    if (kind !== 'plan') return
    await clock.advance(SILENT_MS)
    while ((await shared.head(name).read())?.value.holder === null)
      await new Promise((resolve) => setTimeout(resolve, 10))
  }
const invocation = decodeInvocation({}, { awsRequestId: mode, getRemainingTimeInMillis: () => 300_000 }, clock.now())
const answer = await runDueBatches(invocation, new KnownProgram(), newHost())
process.stdout.write(`${JSON.stringify(answer)}\n`)
;(await shared.clients.lambda()).client.destroy()
await lambda.close()
