import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { hdfsIsMissing, startHdfs } from '../../infra/servers/hdfs.ts'
import { filesIn } from '../../lib/adapters/file-sink/files.ts'
import { files, type FilesOptions } from '../../lib/adapters/index.ts'
import { type HdfsCall, hdfsCall } from '../../lib/adapters/webhdfs/webhdfs-call.ts'
import { webHdfsPlace } from '../../lib/adapters/webhdfs/webhdfs-place.ts'
import { hasCode } from '../../lib/model/errors.ts'
import { sinkContract } from '../../lib/testing/contracts/sink.ts'
import { deliver, delivery, type SinkRow } from '../../lib/testing/contracts/sink-rows.ts'
import { DyingCalls } from '../adapters/dying-calls.ts'
import { listedFiles, listedLines, listedRows, type Shelf } from '../adapters/file-sink/read-files.ts'

const missing = hdfsIsMissing()
if (missing) test('HDFS', { skip: missing }, () => {})
else await tests()

async function tests(): Promise<void> {
  const server = await startHdfs()
  after(() => server.stop())
  let folders = 0
  const fresh = (): string => `/sluice/${++folders} ü+c%25`
  const at = (folder: string, user = 'root'): string =>
    `webhdfs://${user}@${server.web}${folder.split('/').map(encodeURIComponent).join('/')}`

  /** Somebody who reads with `fetch`, and knows nothing of the sink. */
  const ask = (path: string, operation: string, method = 'GET'): Promise<Response> => {
    const encoded = path.split('/').map(encodeURIComponent).join('/')
    return fetch(`http://${server.web}/webhdfs/v1${encoded}?user.name=root&op=${operation}`, { method })
  }
  const shelf = (folder: string): Shelf => ({
    async names(below) {
      const response = await ask(`${folder}/${below}`, 'LISTSTATUS')
      if (response.status === 404) return []
      const { FileStatuses: found } = (await response.json()) as {
        FileStatuses: { FileStatus: { pathSuffix: string; type: string }[] }
      }
      return found.FileStatus.filter(({ type }) => type === 'FILE').map(({ pathSuffix }) => `${below}${pathSuffix}`)
    },
    read: async (name) => (await ask(`${folder}/${name}`, 'OPEN')).bytes(),
  })

  const parquet: FilesOptions<SinkRow> = {
    format: 'parquet',
    columns: { id: 'string', text: 'string', n: 'double', at: 'timestamp' },
  }
  sinkContract('files in HDFS', async () => {
    const folder = fresh()
    return {
      fenced: false,
      open: () => files(at(folder), parquet),
      dying: (n, death) => {
        const calls = new DyingCalls(n, death)
        const call: HdfsCall = (request) =>
          calls.call(
            () => hdfsCall(request),
            () => {},
          )
        return filesIn(webHdfsPlace(at(folder), call), parquet)
      },
      contents: async () => (await listedRows(shelf(folder))) as unknown as SinkRow[],
    }
  })

  test('HDFS: a manifest lists the files of its batch, which are more than a name node lists at once', async () => {
    const folder = fresh()
    const sink = files<number>(at(folder), { format: 'text', compression: 'gzip' })
    await deliver(sink, 1, [[1]])
    const numbers = Array.from({ length: 35 }, (_, i) => 200 + i)
    await deliver(
      sink,
      2,
      numbers.map((n) => (n % 10 === 3 ? [] : [n])),
    )
    await deliver(sink, 3, [[3]])
    const expected = [1, ...numbers.filter((n) => n % 10 !== 3), 3]
    assert.deepEqual(await listedLines(shelf(folder)), expected.map(String))
  })

  test('HDFS: the folder of one output is refused to another, also at the same moment', async () => {
    const folder = fresh()
    const ends = await Promise.allSettled(
      ['pages', 'users'].map((sink) => deliver(files(at(folder), { format: 'text' }), 1, [[sink]], { sink })),
    )
    assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const [lost] = ends.filter((end) => end.status === 'rejected')
    assert.ok(hasCode(lost.reason, 'E_SINK_TAKEN'), String(lost.reason))
    assert.equal((await listedFiles(shelf(folder))).length, 1)
  })

  test('HDFS: nothing is left in _temporary, and names in the place are whole files', async () => {
    const folder = fresh()
    await deliver(files<string>(at(folder), { format: 'ndjson' }), 1, [['a'], ['b']])
    assert.deepEqual(await shelf(folder).names('_temporary/'), [])
    assert.equal((await shelf(folder).names('')).length, 2)
  })

  test('B51: HDFS: no record, app or output leads out of the folder', async () => {
    const folder = fresh()
    await deliver(files(at(folder), { format: 'text' }), 1, [['../../x']], { inc: '../../up', sink: '../out' })
    const [{ name }] = await listedFiles(shelf(folder))
    assert.equal(name, 'part-%2E%2E%2F%2E%2E%2Fup-0000000001-00000.txt')
  })

  test('HDFS: a user without the right is refused at once, and told as whom it was asked', async () => {
    const folder = fresh()
    await ask(folder, 'MKDIRS&permission=700', 'PUT')
    await assert.rejects(
      deliver(files(at(folder, 'nobody'), { format: 'text' }), 1, [['a']]),
      (error) => hasCode(error, 'E_SINK_REJECTED') && /Permission denied: user=nobody/.test(error.message),
    )
  })

  test('HDFS: a name node in safe mode, or none, is tried again later', async () => {
    const gone = files(at(fresh()).replace(server.web, '127.0.0.1:1'), { format: 'text' })
    await assert.rejects(
      deliver(gone, 1, [['a']]),
      (error) => hasCode(error, 'E_SINK_UNAVAILABLE') && error.retry && /9870/.test(error.next.join()),
    )
    const body = Buffer.from(
      '{"RemoteException":{"exception":"SafeModeException","message":"Name node is in safe mode."}}',
    )
    const safe: HdfsCall = async () => ({ status: 403, location: undefined, body })
    await assert.rejects(
      deliver(filesIn(webHdfsPlace(at(fresh()), safe), { format: 'text' }), 1, [['a']]),
      (error) => hasCode(error, 'E_SINK_UNAVAILABLE') && error.retry && /safe mode/.test(error.message),
    )
  })

  test('HDFS: a folder that somebody deletes while the program runs is there again for the next attempt', async () => {
    const folder = fresh()
    const sink = files<string>(at(folder), { format: 'text' })
    await deliver(sink, 1, [['a']])
    await ask(folder, 'DELETE&recursive=true', 'DELETE')
    await assert.rejects(deliver(sink, 2, [['b']]), (error) => hasCode(error, 'E_SINK_UNAVAILABLE'))
    await deliver(sink, 2, [['b']])
    assert.deepEqual(await listedLines(shelf(folder)), ['b'])
  })

  test('HDFS: a delivery that is given up writes nothing more', async () => {
    const folder = fresh()
    const given = { ...delivery(1), signal: AbortSignal.abort(new Error('given up')) }
    await assert.rejects(files(at(folder), { format: 'text' }).write(['a'], given), /given up/)
    assert.deepEqual(await shelf(folder).names(''), [])
  })
}
