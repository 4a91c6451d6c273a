import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Cli, project } from '../../cli/cli.ts'

const bin = fileURLToPath(new URL('../../../lib/cli/bin.ts', import.meta.url))

const program = `import { app, milliseconds } from 'sluice'
import { counter } from './numbers.ts'
export default app('shared', milliseconds(100), (ssc) => { ssc.source('counter', counter).print() })
`

/** What runs a command as another host: its own name, and process numbers that nobody else's mean anything in. */
const elsewhere = ['unshare', '--uts', '--pid', '--fork', '--mount-proc', '--kill-child']
const mayMove = spawnSync(elsewhere[0], [...elsewhere.slice(1), 'hostname', 'elsewhere']).status === 0

interface Ended {
  readonly code: number | null
  readonly err: string
}

/** The same command line on another host. */
async function onAnotherHost(t: TestContext, folder: string, args: readonly string[]): Promise<Ended> {
  const shell = `hostname elsewhere; exec "${process.execPath}" "${bin}" ${args.join(' ')}`
  const child = spawn(elsewhere[0], [...elsewhere.slice(1), 'sh', '-c', shell], { cwd: folder })
  t.after(() => child.kill('SIGKILL'))
  let err = ''
  child.stderr.on('data', (bytes: Buffer) => (err += bytes.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, err }
}

test(
  'of two hosts on one directory one makes progress, and the other says who holds the app',
  { skip: !mayMove },
  async (t) => {
    const folder = await project(t, { 'app.ts': program })
    const here = new Cli(t, ['run', 'app.ts', '--dir', 'state'], folder)
    await here.says('#2 ')
    for (let time = 0; time < 2; time++) {
      const there = await onAnotherHost(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1'])
      assert.equal(there.code, 1, there.err)
      assert.match(there.err, /✕ E_BUSY {2}"shared" is already running: /)
      assert.ok(there.err.includes(`${hostname()}/`), there.err)
    }
    const from = here.stderr.split('#').length
    while (here.stderr.split('#').length < from + 3) await new Promise((resolve) => setTimeout(resolve, 50))
    here.child.kill('SIGINT')
    assert.equal((await here.ended).code, 0)
    const next = await onAnotherHost(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1'])
    assert.equal(next.code, 0, next.err)
    assert.match(next.err, /goes on after batch #/)
  },
)
