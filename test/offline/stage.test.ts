import assert from 'node:assert/strict'
import { readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Cli, project } from '../cli/cli.ts'

// `sluice offline` as it is typed in a folder of somebody's own; what it needs is installed there.
const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url))

async function folderWith(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await project(t, files)
  symlinkSync(PACKAGES, join(folder, 'node_modules'))
  return folder
}

const words = `import { app, milliseconds } from 'sluice'
import { s3TextFiles } from 'sluice/aws'
export default app('words', milliseconds(500), (ssc) => {
  ssc.source('lines', s3TextFiles(\`s3://\${process.env['SLUICE_BUCKET']}/in\`))
    .flatMap((line) => line.split(' '))
    .map((word) => [word, 1])
    .updateStateByKey((ones, sum) => ones.length + (sum ?? 0))
    .print()
})
`

/** Processes that run one of the functions of `folder`. */
const functionsOf = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((name) => Number.isInteger(Number(name)))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(folder, '.sluice/functions/'))
      } catch {
        // Gone meanwhile.
        return false
      }
    })

test('a file that is put into the emulated bucket is counted by functions, and ^C ends all of them', async (t) => {
  const folder = await folderWith(t, { 'app.ts': words })
  const offline = new Cli(t, ['offline', 'app.ts'], folder)
  // Batches without records are one line, which need not name the first.
  await offline.says('batch   time')
  const [, address] = /^ {2}On AWS +S3 +(http:\S+) +bucket sluice-offline$/m.exec(offline.stderr)!
  const put = (name: string, body: string): Promise<Response> =>
    fetch(`${address}/sluice-offline/in/${name}`, { method: 'PUT', body })
  assert.equal((await put('one.txt', 'to be or not to be')).status, 200)
  await offline.prints(/^\(to,2\)$/m)
  assert.equal((await put('two.txt', 'to do')).status, 200)
  await offline.prints(/^\(to,3\)$/m)
  assert.ok(functionsOf(folder).length >= 3)
  offline.child.kill('SIGINT')
  const { code, stdout, stderr } = await offline.ended
  assert.equal(code, 0, stderr)
  assert.match(stderr, /done in .*State was in memory/)
  // What the functions log is for people, and stdout is what the program prints.
  assert.doesNotMatch(stdout, /"type"/)
  assert.deepEqual(functionsOf(folder), [])
  await assert.rejects(fetch(address))
})

const numbers = (step: string, more = ''): string => `import { app, milliseconds } from 'sluice'
import { counter } from './numbers.ts'
export default app('it', milliseconds(200), (ssc) => {
  ssc.source('numbers', counter).map(${step}).print()
  ${more}
})
`

test('it stops after so many batches, and says as JSON what they were', async (t) => {
  const folder = await folderWith(t, { 'app.ts': numbers('(n) => n') })
  const { code, stdout, stderr } = await new Cli(t, ['offline', 'app.ts', '--batches', '3', '--json'], folder).ended
  assert.equal(code, 0, stderr)
  const said = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; batch?: number; services?: { name: string }[] })
  assert.deepEqual(
    said.filter(({ type }) => type === 'batch').map(({ batch }) => batch),
    [1, 2, 3],
  )
  assert.deepEqual(
    said.find(({ type }) => type === 'ready')!.services!.map(({ name }) => name),
    ['S3', 'DynamoDB'],
  )
  assert.equal(said.filter(({ type }) => type === 'print').length >= 3, true)
  assert.deepEqual(said.at(-1), { type: 'result', exitCode: 0, batches: 3, records: 3 })
})

test('a receiver has a function of its own, and what it receives is in the next batch', async (t) => {
  const server = createServer((socket) => void socket.write('to be\nor not\n')).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const folder = await folderWith(t, {
    'app.ts': `import { app, milliseconds } from 'sluice'
      export default app('heard', milliseconds(500), (ssc) => {
        ssc.socketTextStream('127.0.0.1', ${port}).print()
      })`,
  })
  const offline = new Cli(t, ['offline', 'app.ts'], folder)
  await offline.prints(/^to be\nor not$/m)
  offline.child.kill('SIGINT')
  assert.equal((await offline.ended).code, 0)
})

test('what fails on Lambda fails here, with its place, and ends with 1', async (t) => {
  const cases: readonly [program: string, says: RegExp][] = [
    [numbers("(n) => { throw new Error('no ' + n) }"), /✕ E_USER_CODE {2}Error: no \d[^]*where {2}.*app\.ts:4:\d+/],
    // A function has a disk of its own, which goes with it.
    [numbers('(n) => n', "ssc.textFileStream('in').print()"), /E_FILES_PLACE/],
    [numbers('(n) => n', 'ssc.httpStream(8099).print()'), /E_RECEIVER_PLACE/],
    // What lies beside the program here is not beside the function there.
    [
      `import { readFileSync } from 'node:fs'\n${numbers("(n) => readFileSync('numbers.ts', 'utf8').length + n")}`,
      /ENOENT: no such file or directory, open 'numbers\.ts'/,
    ],
  ]
  for (const [program, says] of cases) {
    const { code, stderr } = await new Cli(t, ['offline', 'app.ts'], await folderWith(t, { 'app.ts': program })).ended
    assert.match(stderr, says)
    assert.equal(code, 1, stderr)
  }
})

test('an output that fails holds nothing else up, and the run ends with 1 as it still owes', async (t) => {
  const program = numbers(
    '(n) => n',
    `ssc.source('more', counter).output('to', { name: 'Nowhere', guarantee: 'at-least-once', async write() {
      throw new Error('down')
    } })`,
  )
  const folder = await folderWith(t, { 'app.ts': program })
  const { code, stdout, stderr } = await new Cli(t, ['offline', 'app.ts', '--batches', '3'], folder).ended
  assert.match(stderr, /down/)
  assert.match(stdout, /Time: /)
  assert.equal(code, 1, stderr)
})

test('a program in the form of Spark is refused, as no function can hold one', async (t) => {
  const program =
    "import { StreamingContext, seconds } from 'sluice'\n" +
    "const ssc = new StreamingContext({ appName: 'it', master: 'local[2]' }, seconds(1))\n" +
    'ssc.queueStream([[1]]).print()\nssc.start()\n'
  const folder = await folderWith(t, { 'app.ts': program })
  const { code, stderr } = await new Cli(t, ['offline', 'app.ts'], folder).ended
  assert.match(stderr, /Only a program that exports an app can be run as functions/)
  assert.equal(code, 2)
})
