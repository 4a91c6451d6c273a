import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Cli, project, sluice } from './cli.ts'

const program = `import { app, milliseconds } from 'sluice'
import { counter } from './numbers.ts'
export default app('numbers', milliseconds(20), (ssc) => {
  ssc.source('numbers', counter).print()
})
`

// `/proc` has no room for folders: making one there with Node's own `recursive` never ends.
for (const [dir, why] of [
  ['/proc/sluice/state', /no folder can be made there/],
  ['file', /a file is in the way/],
  ['file/below', /a file is in the way/],
  ['circle', /links lead in a circle/],
] as const) {
  test(`--dir ${dir} is refused in one sentence, with exit code 2 and no batch`, async (t) => {
    const folder = await project(t, { 'app.ts': program })
    writeFileSync(join(folder, 'file'), '')
    symlinkSync('circle', join(folder, 'circle'))
    const { code, stdout, stderr } = await sluice(t, folder, ['run', 'app.ts', '--dir', dir, '--batches', '1'])
    assert.deepEqual([code, stdout], [2, ''], stderr)
    assert.match(stderr, /^✕ E_DIRECTORY {2}The directory .* cannot be used: /)
    assert.match(stderr, why)
    assert.equal(stderr.match(/✕/g)?.length, 1)
  })
}

/** A file system of its own with these options; `null` where this user may not mount one. */
function mounted(t: TestContext, options: string): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-disk-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder])
  t.after(() => {
    if (status === 0) spawnSync('umount', [folder])
    rmdirSync(folder)
  })
  return status === 0 ? folder : null
}

for (const [options, fill, why] of [
  ['ro', 0, /the file system is read-only/],
  ['size=16k', 16 * 1024, /the disk is full/],
] as const)
  test(`--dir on a file system with ${options} is refused in one sentence, with exit code 2`, async (t) => {
    const folder = await project(t, { 'app.ts': program })
    const disk = mounted(t, options)
    if (disk === null) return t.skip('needs the right to mount')
    if (fill > 0) writeFileSync(join(disk, 'other'), Buffer.alloc(fill))
    const { code, stdout, stderr } = await sluice(t, folder, [
      'run',
      'app.ts',
      '--dir',
      join(disk, 'state'),
      '--batches',
      '1',
    ])
    assert.deepEqual([code, stdout], [2, ''], stderr)
    assert.match(stderr, why)
    assert.equal(stderr.match(/✕/g)?.length, 1)
  })

test('F43: a disk that fills in mid-run is waited for, which is said; with room the run goes on', async (t) => {
  const folder = await project(t, { 'app.ts': program })
  const disk = mounted(t, 'size=400k')
  if (disk === null) return t.skip('needs the right to mount')
  const run = new Cli(t, ['run', 'app.ts', '--dir', join(disk, 'state')], folder)
  await run.says('#2 ')
  const other = openSync(join(disk, 'other'), 'w')
  assert.throws(() => fill(other), { code: 'ENOSPC' })
  await run.says('is tried again')
  const before = run.stderr.length
  rmSync(join(disk, 'other'))
  closeSync(other)
  while (!/#\d+ +\d\d:/.test(run.stderr.slice(before))) await new Promise((resolve) => setTimeout(resolve, 50))
  run.child.kill('SIGINT')
  const { code, stderr } = await run.ended
  assert.equal(code, 0, stderr)
  assert.match(stderr, /! (head waits|batch waits): .*tried again/)
})

/** Never returns: throws once the disk is full. */
function fill(file: number): never {
  for (;;) writeSync(file, Buffer.alloc(4096))
}

// `recursive` never ended there: the process ran at full load, and nothing was said.
test('an output to where no folder can be made is owed, and the run ends with its code', async (t) => {
  const folder = await project(t, {
    'app.ts': program.replace('.print()', ".saveAsTextFiles('/proc/sluice/out')"),
  })
  const { code, stderr } = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1'])
  assert.equal(code, 1, stderr)
  assert.match(stderr, /✕ E_OUTPUT {2}.*ENOENT.*'\/proc\/sluice'/)
})

/** Each batch brings a key, whose state is too large to stand in the head; it prints how many there are. */
const growing = `import { app, milliseconds } from 'sluice'
import { counter } from './numbers.ts'
export default app('numbers', milliseconds(20), (ssc) => {
  const texts = ssc.source('numbers', counter).map((n) => ['key ' + n, 'x'.repeat(5000)])
  texts.updateStateByKey(([text], before) => before ?? text).count().print()
})
`

/** Runs 40 batches and prints 1 to 40, while something happens to the state directory behind the fifth. */
async function whileRunning(t: TestContext, happens: (run: Cli, folder: string) => unknown): Promise<void> {
  const folder = await project(t, { 'app.ts': growing })
  const run = new Cli(t, ['run', 'app.ts', '--dir', 'state', '--batches', '40'], folder)
  await run.prints(/^5$/m)
  await happens(run, folder)
  const { code, stdout, stderr } = await run.ended
  assert.equal(code, 0, stderr)
  const printed = stdout.match(/^\d+$/gm)
  assert.deepEqual(
    printed,
    Array.from({ length: 40 }, (_, i) => String(i + 1)),
  )
}

for (const moved of ['state', 'state/numbers', 'state/numbers/blobs'])
  test(`${moved} that is moved away in mid-run is waited for, and the run goes on once it is back`, (t) =>
    whileRunning(t, async (run, folder) => {
      renameSync(join(folder, moved), join(folder, 'away'))
      await run.says('is gone: it was moved or deleted while in use')
      renameSync(join(folder, 'away'), join(folder, moved))
    }))

test('the folder for files that are not whole yet is made again when somebody has tidied it away', (t) =>
  whileRunning(t, (_run, folder) => rmSync(join(folder, 'state/numbers/tmp'), { recursive: true })))
