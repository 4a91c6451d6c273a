import { createServerless } from './serverless-offline.ts'
import { createStores, startEmulators } from '../lib/hosts/offline/emulators.ts'

/**
 * `npm run offline`: the functions of `serverless.yml`, S3 and DynamoDB, all on this machine. Ends with Ctrl-C, and
 * leaves nothing.
 */

/** As the plugin names them for the stage `offline`. */
const [table, bucket] = ['sluice-offline-sluice', 'sluice-offline-sluice-local']

const emulators = await startEmulators()
await createStores(emulators, table, bucket)
const serverless = await createServerless(emulators.environment)

let ending: Promise<void> | null = null
const end = (): Promise<void> =>
  (ending ??= (async () => {
    await serverless.close()
    await emulators.close()
  })())
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end())
void serverless.ended.then(end)

await serverless.ready
if (!ending) {
  console.log(`
S3        ${emulators.s3}  (bucket ${bucket})
DynamoDB  ${emulators.dynamodb}  (table ${table})
Lambda    ${serverless.url}  (functions ${serverless.functions.join(', ')}; process ${serverless.pid})

Put a file in, and its words are counted within some seconds:
  curl -T README.md ${emulators.s3}/${bucket}/in/readme.txt
All counts since the start, newest last:
  curl '${emulators.s3}/${bucket}?list-type=2&prefix=out/'
Stop with Ctrl-C.
`)
  // The schedule ticks at the full minute; until then this is the tick.
  await serverless.tick()
}
