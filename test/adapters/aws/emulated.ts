import { after } from 'node:test'
import { randomUUID } from 'node:crypto'
import { createStores, type Emulators, startEmulators } from '../../../lib/hosts/offline/emulators.ts'
import { type AwsClients, awsClients } from '../../../lib/adapters/aws/clients.ts'

/** Emulators that live as long as a test file, with a table and a bucket, and clients of them. */
interface Emulated {
  readonly emulators: Emulators
  readonly clients: AwsClients
  readonly table: string
  readonly bucket: string
  /** A name that no other test of the file uses. */
  fresh(): string
}

export async function emulated(): Promise<Emulated> {
  const emulators = await startEmulators()
  const [table, bucket] = ['sluice-head', 'sluice-blobs']
  await createStores(emulators, table, bucket)
  Object.assign(process.env, emulators.environment)
  const clients = awsClients(emulators.environment)
  after(async () => {
    await emulators.close()
    for (const each of await Promise.all([clients.s3(), clients.dynamoReads(), clients.dynamoWrites()]))
      each.client.destroy()
  })
  return { emulators, clients, table, bucket, fresh: () => randomUUID() }
}
