import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { Cli, sluice } from './cli.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What each template shows, and a line of its first batches. */
const templates: readonly [name: string, shows: RegExp, batch: RegExp][] = [
  ['clicks', /since the start: \[ \[ '.+', \d+ \]/, /#1 +\d\d:\d\d:\d\d {6}3\d\d /],
  ['log-alerts', /ALERT payments 8 errors\n/, /#1 +\d\d:\d\d:\d\d +47 /],
  ['sessions', /u\d+ left at \/\S* after \d+ pages?\n/, /#1 /],
  ['kinesis', /\(tea,\d+\)\n/, /#1 .* 20 .*totals 4/],
  ['kafka', /\(tea,\d+\)\n/, /#1 .* 20 .*totals 4/],
  ['s3', /\n10\n/, /#1 .*saveAsTextFiles 8, print 1/],
]

for (const [template, shows, batch] of templates)
  test(`a new project of the template ${template} shows its data at once, and its test passes`, async (t) => {
    const parent = await temporaryFolder(t)
    const folder = join(parent, 'made')
    const made = await sluice(t, parent, ['create', 'made', '--template', template])
    assert.equal(made.code, 0, made.stderr)
    const { scripts, dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
      dependencies: Record<string, string>
    }
    assert.deepEqual(Object.keys(scripts), ['start', 'test', 'typecheck'])
    const hasService = ['s3', 'kinesis', 'kafka'].includes(template)
    assert.equal(readdirSync(folder).includes('compose.yaml'), hasService, 'a service for this machine')
    const clone = dependencies['sluice'].replace(/^file:/, '')
    assert.equal(join(folder, clone, '/'), root, 'from a clone, the clone is what is installed')
    assert.match(made.stdout, /\n {2}next {3}(npm --prefix \S+ run build && )?cd made && npm install && npm start\n/)
    const program = join(folder, 'src/app.ts')
    const text = readFileSync(program, 'utf8')
    // Two seconds a batch are for people.
    writeFileSync(program, text.replace(/seconds\([12]\), \(ssc\)/, 'seconds(0.25), (ssc)'))
    const dev = new Cli(t, ['dev'], folder)
    await dev.says(template === 'sessions' ? '#20 ' : '#2 ')
    dev.child.kill('SIGINT')
    const { code, stdout, stderr } = await dev.ended
    assert.equal(code, 0, stderr)
    assert.match(stdout, shows)
    assert.match(stderr, batch)
    writeFileSync(program, text)
    // What `npm install` makes of a folder.
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules/sluice'))
    const tested = spawnSync(process.execPath, ['--conditions=sluice-source', '--test', 'src/app.test.ts'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    })
    assert.equal(tested.status, 0, tested.stdout)
    assert.match(tested.stdout, /pass 1\n/)
  })

test('what shows the totals of a stage takes that of dev, and says in two lines why there are none', async (t) => {
  const parent = await temporaryFolder(t)
  assert.equal((await sluice(t, parent, ['create', 'made', '--template', 'kinesis'])).code, 0)
  mkdirSync(join(parent, 'made/node_modules/@aws-sdk'), { recursive: true })
  const client = 'node_modules/@aws-sdk/client-dynamodb'
  symlinkSync(join(root, client), join(parent, 'made', client))
  const shown = (args: readonly string[], environment: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, ['src/totals.mjs', ...args], {
      cwd: join(parent, 'made'),
      encoding: 'utf8',
      env: { ...process.env, AWS_MAX_ATTEMPTS: '1', AWS_CONFIG_FILE: '/dev/null', ...environment },
    })
  const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }
  const nobody = { ...keys, AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }
  for (const [args, environment, why] of [
    [[], nobody, /^The table made-dev-totals cannot be read: .*ECONNREFUSED/],
    [['made-qa-totals'], nobody, /^The table made-qa-totals cannot be read: /],
    [[], { ...keys, AWS_REGION: '' }, /^The table made-dev-totals cannot be read: .*[Rr]egion/],
  ] as const) {
    const { status, stdout, stderr } = shown(args, environment)
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, why)
    assert.match(stderr, /^.+\nnext {3}node src\/totals\.mjs <table>, with AWS_REGION and credentials .*\n$/)
  }
})

test('a template that is not there is refused with those that are', async (t) => {
  const folder = await temporaryFolder(t)
  const { code, stderr } = await sluice(t, folder, ['create', 'x', '--template', 'session'])
  assert.equal(code, 2)
  assert.match(stderr, /There is no template "session"; there are clicks, log-alerts, sessions, s3, kinesis, kafka\./)
  assert.match(stderr, /next {3}sluice create x --template sessions\n/)
  assert.deepEqual(readdirSync(folder), [])
})

test('nothing is written where something is, and odd names are refused', async (t) => {
  const folder = await temporaryFolder(t)
  writeFileSync(join(folder, 'taken'), 'mine')
  const taken = await sluice(t, folder, ['create', 'taken'])
  assert.deepEqual([taken.code, readFileSync(join(folder, 'taken'), 'utf8')], [1, 'mine'])
  assert.match(taken.stderr, /^✕ E_EXISTS {2}taken is already there\./)
  for (const odd of ['Not A Name', '']) assert.equal((await sluice(t, folder, ['create', odd])).code, 2)
  assert.deepEqual(readdirSync(folder), ['taken'])
})
