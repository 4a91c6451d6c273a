import type { Emulators } from '../../lib/hosts/offline/emulators.ts'
import { type AwsClients, awsClients } from '../../lib/adapters/aws/clients.ts'
import { s3TextFiles } from '../../lib/adapters/aws/index.ts'
import { type Place, type Reading, readOut, served } from '../read-out.ts'
import type { Workload } from '../workload.ts'

// Clients and servers are loaded where they are used: other workloads are timed without them.

const BUCKET = 'bench'
const LINES = 10_000
const OBJECTS = { small: 60, full: 200 }

let emulators: Emulators | null = null

const clientsAt = (address: string): AwsClients =>
  awsClients({
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: address,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  })

async function fill(address: string, { name, records }: Place): Promise<void> {
  const { client: s3, sdk } = await clientsAt(address).s3()
  for (let from = 0; from < records; from += LINES) {
    const lines = Array.from({ length: LINES }, (_, i) => `${from + i} `.padEnd(100, 'the quick brown fox '))
    const Key = `${name}/${String(from).padStart(10, '0')}.txt`
    await s3.send(new sdk.PutObjectCommand({ Bucket: BUCKET, Key, Body: `${lines.join('\n')}\n` }))
  }
}

async function client(address: string, { name }: Place): Promise<Reading> {
  const { client: s3, sdk } = await clientsAt(address).s3()
  const read = async (): Promise<number> => {
    let count = 0
    const { Contents: objects } = await s3.send(new sdk.ListObjectsV2Command({ Bucket: BUCKET, Prefix: `${name}/` }))
    for (const { Key } of objects!) {
      const { Body } = await s3.send(new sdk.GetObjectCommand({ Bucket: BUCKET, Key }))
      count += (await Body!.transformToString()).split('\n').length - 1
    }
    return count
  }
  return { read, close: async () => s3.destroy() }
}

export const s3Read: Workload = {
  name: 's3',
  about: 'lines of 100 bytes in objects of a megabyte of a server on this machine, read, split and counted',
  async inputs(size) {
    const { createStores, startEmulators } = await import('../../lib/hosts/offline/emulators.ts')
    emulators = await startEmulators()
    Object.assign(process.env, emulators.environment)
    await createStores(emulators, 'heads', BUCKET)
    const places = {
      address: emulators.s3,
      warm: { name: 'warm', records: 10 * LINES },
      timed: { name: 'timed', records: OBJECTS[size] * LINES },
    }
    for (const place of [places.warm, places.timed]) await fill(emulators.s3, place)
    return served(places)
  },
  close: async () => emulators?.close(),
  ...readOut({
    source: (address, { name }) => s3TextFiles(`s3://${BUCKET}/${name}`, {}, () => clientsAt(address)),
    client,
  }),
}
