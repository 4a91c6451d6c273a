import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import type { AwsClients } from '../../../lib/adapters/aws/clients.ts'
import { s3FilePlace } from '../../../lib/adapters/aws/s3/s3-file-place.ts'
import { filesIn } from '../../../lib/adapters/file-sink/files.ts'
import type { FilesOptions } from '../../../lib/adapters/index.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import { sinkContract } from '../../../lib/testing/contracts/sink.ts'
import { deliver, delivery, type SinkRow } from '../../../lib/testing/contracts/sink-rows.ts'
import { dyingClients, wrappedClients } from '../aws/wrapped-clients.ts'
import { DyingCalls } from '../dying-calls.ts'
import { bucketShelf, listedFiles, listedLines, listedRows } from './read-files.ts'

interface Bucket {
  readonly clients: AwsClients
  readonly bucket: string
  fresh(): string
}

/** What `files` promises where its place is in S3. */
export function s3FilesLaw(name: string, { clients, bucket, fresh }: Bucket): void {
  const shelf = async (prefix: string) => bucketShelf((await clients.s3()).client, bucket, `${prefix}/`)
  const sink = <T>(prefix: string, options: FilesOptions<T>, of = clients) =>
    filesIn(
      s3FilePlace(`s3://${bucket}/${prefix}`, () => of),
      options,
    )

  const parquet: FilesOptions<SinkRow> = {
    format: 'parquet',
    columns: { id: 'string', text: 'string', n: 'double', at: 'timestamp' },
  }
  sinkContract(`files in ${name}`, async () => {
    const prefix = fresh()
    return {
      fenced: false,
      open: () => sink(prefix, parquet),
      dying: (n, death) => sink(prefix, parquet, dyingClients(clients, new DyingCalls(n, death))),
      contents: async () => (await listedRows(await shelf(prefix))) as unknown as SinkRow[],
    }
  })

  test(`${name}: a manifest lists the files of its batch, of 1,200 partitions, and no other`, async () => {
    const prefix = fresh()
    const put = sink<number>(prefix, { format: 'text' })
    await deliver(put, 1, [[1]])
    const parts = Array.from({ length: 1_200 }, (_, i) => (i % 600 === 1 ? [i] : []))
    await deliver(put, 10, parts)
    await deliver(put, 11, [[11]])
    assert.deepEqual(await listedLines(await shelf(prefix)), ['1', '1', '601', '11'])
  })

  test(`${name}: the prefix of one output is refused to another, also at the same moment`, async () => {
    const prefix = fresh()
    const ends = await Promise.allSettled(
      ['pages', 'users'].map((output) => deliver(sink(prefix, { format: 'text' }), 1, [[output]], { sink: output })),
    )
    assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const [lost] = ends.filter((end) => end.status === 'rejected')
    assert.ok(hasCode(lost.reason, 'E_SINK_TAKEN'), String(lost.reason))
    assert.equal((await listedFiles(await shelf(prefix))).length, 1)
  })

  test(`B51: ${name}: no record, app or output leads out of the prefix`, async () => {
    const prefix = fresh()
    await deliver(sink(prefix, { format: 'text' }), 1, [['../../x']], { inc: '../../up', sink: '../out' })
    const { client } = await clients.s3()
    const names = await bucketShelf(client, bucket, '').names('')
    assert.deepEqual(
      names.filter((each) => !each.startsWith(prefix)),
      [],
    )
    const [{ name: file }] = await listedFiles(await shelf(prefix))
    assert.equal(file, 'part-%2E%2E%2F%2E%2E%2Fup-0000000001-00000.txt')
  })

  test(`${name}: what the service refuses is said at once; what it cannot do now is tried again later`, async () => {
    const missing = filesIn(
      s3FilePlace(`s3://${bucket}-that-is-not-there/x`, () => clients),
      { format: 'text' },
    )
    await assert.rejects(deliver(missing, 1, [['a']]), (error) => hasCode(error, 'E_SINK_REJECTED'))
    const busy = wrappedClients(clients, (send, command) => {
      const error = Object.assign(new Error('Please reduce your request rate.'), { name: 'SlowDown' })
      return command instanceof PutObjectCommand
        ? Promise.reject(Object.assign(error, { $metadata: { httpStatusCode: 503 } }))
        : send()
    })
    await assert.rejects(
      deliver(sink(fresh(), { format: 'text' }, busy), 1, [['a']]),
      (error) => hasCode(error, 'E_SINK_UNAVAILABLE') && error.retry,
    )
  })

  test(`${name}: a delivery that is given up writes nothing more`, async () => {
    const prefix = fresh()
    const given = { ...delivery(1), signal: AbortSignal.abort(new Error('given up')) }
    await assert.rejects(sink(prefix, { format: 'text' }).write(['a'], given), /given up/)
    assert.deepEqual(await (await shelf(prefix)).names(''), [])
  })

  test(`${name}: a write that is given up while it is under way ends with the reason`, async () => {
    const given = new AbortController()
    let sent = 0
    const slow = wrappedClients(clients, (send, command, options) => {
      if (!(command instanceof PutObjectCommand) || command.input.Key!.includes('_manifest')) return send()
      sent++
      given.abort(new Error('given up'))
      return options?.abortSignal?.aborted ? Promise.reject(new Error('Request aborted')) : send()
    })
    const written = sink(fresh(), { format: 'text' }, slow).write(['a'], { ...delivery(1), signal: given.signal })
    await assert.rejects(written, { message: 'given up' })
    assert.equal(sent, 1)
  })
}
