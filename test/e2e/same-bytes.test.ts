import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3'
import { createStores, startEmulators } from '../../lib/hosts/offline/emulators.ts'
import { createServerless } from '../../infra/serverless-offline.ts'
import { PROGRAM } from './same-bytes-program.ts'
import { Service, startAws } from './service.ts'

const BATCHES = 50
const OUTPUTS = { totals: BATCHES, sliding: BATCHES / 5, joined: BATCHES / 5, mapped: BATCHES }

const YML = `service: same
provider: { name: aws, runtime: nodejs24.x, region: us-east-1 }
plugins: [sluice/serverless, serverless-offline]
sluice:
  app: app.ts
`

/** Names of files below out/, each with what it holds. */
type Files = ReadonlyMap<string, string>

/** Names of outputs; of each its batches in order, each the text of its files. */
type Written = ReadonlyMap<string, readonly string[]>

interface Bucket {
  readonly objects: S3Client
  readonly bucket: string
}

test(`a program writes the same in one process, under serverless-offline and on the emulator of AWS`, async (t) => {
  const aws = await startAws(t)
  const service = Service.inFolder(t, aws, 'same')
  service.write('app.ts', PROGRAM)
  service.write('serverless.yml', YML)

  const ran = await service.sluice('run', 'app.ts', '--dir', 'state', '--batches', String(BATCHES))
  assert.equal(ran.code, 0, ran.out)
  const embedded = written(localFiles(join(service.folder, 'out')))
  for (const [output, batches] of Object.entries(OUTPUTS)) assert.equal(embedded.get(output)?.length, batches, output)

  await t.test('under serverless-offline', async (t) => {
    const bucket = await offline(t, service)
    assert.deepEqual(differences(await whole(bucket), embedded), [])
  })

  await t.test('on the emulator of AWS', async () => {
    await service.osls('deploy')
    const ticks = service.tickFor(50).catch(() => 'the stage was removed meanwhile')
    assert.deepEqual(differences(await whole(service), embedded), [])
    await service.osls('remove')
    await ticks
  })
})

/** The functions of the service in processes of serverless-offline, ticking. */
async function offline(t: TestContext, { folder }: Service): Promise<Bucket> {
  const emulators = await startEmulators()
  const bucket = 'same-offline-sluice-local'
  await createStores(emulators, 'same-offline-sluice', bucket)
  const serverless = await createServerless(emulators.environment, { folder, service: 'same' })
  t.after(async () => {
    await serverless.close()
    await emulators.close()
  })
  await serverless.ready
  void serverless.tick()
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const objects = new S3Client({ region: 'us-east-1', endpoint: emulators.s3, credentials, forcePathStyle: true })
  return { objects, bucket }
}

/**
 * What each output wrote, batch after batch, batch times aside. The order of rows within a partition is aside, too:
 * state that was read from a store lists its keys by key group.
 */
function written(files: Files): Written {
  const folders = Map.groupBy([...files.keys()].toSorted(), (name) => name.split('/')[0])
  const complete = [...folders].filter(([folder]) => files.has(`${folder}/_SUCCESS`))
  const outputs = Map.groupBy(complete, ([folder]) => folder.split('-')[0])
  return new Map(
    Object.entries(OUTPUTS).map(([output, count]) => [
      output,
      (outputs.get(output) ?? []).slice(0, count).map(([, names]) => names.map((name) => partOf(name, files)).join('')),
    ]),
  )
}

const partOf = (name: string, files: Files): string =>
  `${name.split('/')[1]}:\n${files.get(name)!.split('\n').toSorted().join('\n')}\n`

/** Where two hosts differ: output and number of the batch, and the first line that is not the same. */
function differences(found: Written, wanted: Written): string[] {
  return [...wanted].flatMap(([output, batches]) =>
    batches.flatMap((text, i) => {
      const [lines, others] = [text.split('\n'), (found.get(output)?.[i] ?? 'nothing').split('\n')]
      const at = lines.findIndex((line, n) => line !== others[n])
      return at < 0 ? [] : [`${output} ${i + 1}, line ${at}: ${others[at]} instead of ${lines[at]}`]
    }),
  )
}

function localFiles(folder: string): Files {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    names.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      return [path.slice(folder.length + 1), readFileSync(path, 'utf8')]
    }),
  )
}

/** Waits until all batches are there, each whole. */
async function whole(bucket: Bucket): Promise<Written> {
  const ready = async (): Promise<boolean> => {
    const keys = await keysBelow(bucket, 'out/')
    const counts = Object.entries(OUTPUTS).map(
      ([output, count]) => keys.filter((key) => key.startsWith(`out/${output}-`) && isMark(key)).length >= count,
    )
    return counts.every(Boolean)
  }
  for (let tries = 0; tries < 240 && !(await ready()); tries++) await new Promise((done) => setTimeout(done, 500))
  const keys = await keysBelow(bucket, 'out/')
  const texts = await Promise.all(
    keys.map(async (key) => [key.slice('out/'.length), await textOf(bucket, key)] as const),
  )
  return written(new Map(texts))
}

const isMark = (key: string): boolean => key.endsWith('/_SUCCESS')

async function keysBelow({ objects, bucket }: Bucket, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { Contents } of paginateListObjectsV2({ client: objects }, { Bucket: bucket, Prefix: prefix }))
    keys.push(...(Contents ?? []).map(({ Key }) => Key!))
  return keys
}

async function textOf({ objects, bucket }: Bucket, key: string): Promise<string> {
  const { Body } = await objects.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
  return Body!.transformToString()
}
