import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { RunningExample } from '../examples/running-example.ts'

// The programs of the pages of sources, run as they say, in one thread and in task threads.

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'docs/sources')
const page = readdirSync(folder)
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('\n')
const programs = new Map(
  Array.from(page.matchAll(/^```ts\n(\/\/ ([\w.-]+)\n[^]*?)^```$/gm), ([, text, name]) => [name, text]),
)

/** Runs a program of the page, from a folder of its own below this repository, where `sluice` and `zod` are found. */
function run(t: TestContext, name: string, args: readonly string[], flags: readonly string[] = []) {
  const folder = join(root, '.cache', `sources-${process.pid}-${folders++}`)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(folder, { recursive: true })
  const text = programs.get(name)
  assert.ok(text, `${name} is on the page`)
  writeFileSync(
    join(folder, name),
    text.replace('seconds(1)', 'milliseconds(300)').replace('seconds }', 'milliseconds }'),
  )
  const start = (): RunningExample =>
    new RunningExample(t, ['lib/cli/bin.ts', 'run', join(folder, name), ...args, ...flags])
  return { folder, start, program: start() }
}

let folders = 0

const lines = (program: RunningExample): string[] => program.printed.flatMap((batch) => batch.lines)

for (const workers of ['0', '2']) {
  const flags = ['--workers', workers]

  test(`standard input ends, and with it the run, once its last line counts, in ${workers} task threads`, async (t) => {
    const { program } = run(t, 'errors.ts', [], flags)
    program.stdin.write('an ERROR\nfine\n')
    await program.untilPrinted('1')
    program.stdin.end('two ERRORs\nthe last ERROR without an end')
    assert.equal(await program.ended(), 0)
    assert.equal(
      lines(program)
        .map(Number)
        .reduce((a, b) => a + b, 0),
      3,
    )
    assert.match(program.stderr, /Source {5}\S+ +Standard input\n/)
  })

  test(`a growing file is followed through a rotation and a restart, in ${workers} task threads`, async (t) => {
    const log = join(root, '.cache', `followed-${process.pid}-${workers}.log`)
    t.after(() => [log, `${log}.1`].forEach((path) => rmSync(path, { force: true })))
    mkdirSync(join(root, '.cache'), { recursive: true })
    writeFileSync(log, '1 ERROR\nfine\n')
    const dir = `${log}.state`
    t.after(() => rmSync(dir, { recursive: true, force: true }))
    const { program, start } = run(t, 'follow.ts', [log], [...flags, '--dir', dir])
    await program.untilPrinted('1 ERROR')
    assert.ok(program.stderr.includes(`Followed file, ${log}`))
    appendFileSync(log, '2 ERROR\n')
    renameSync(log, `${log}.1`)
    writeFileSync(log, '3 ERROR\n')
    await program.until('both lines', () => ['2 ERROR', '3 ERROR'].every((line) => lines(program).includes(line)))
    await program.untilMore(2)
    await program.kill()
    appendFileSync(log, '4 ERROR\n')
    const again = start()
    await again.untilPrinted('4 ERROR')
    assert.deepEqual(
      lines(again).filter((line) => line.endsWith('ERROR')),
      ['4 ERROR'],
    )
    await again.stop()
  })

  test(`orders that are posted are summed, in ${workers} task threads`, async (t) => {
    const port = await freePort()
    const { program } = run(t, 'orders.ts', [String(port)], flags)
    const post = async (body: string): Promise<unknown> => {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })
      return answer.json()
    }
    await program.until('the server', () => program.stderr.includes(`HTTP, http://127.0.0.1:${port}/`))
    await reachable(port)
    const orders = '[{ "item": "tea", "price": 2 }, { "item": "milk", "price": 1 }, { "item": "tea", "price": 3 }]'
    assert.deepEqual(await post(orders), { stored: 3 })
    await program.untilPrinted('(tea,5)', '(milk,1)')
    const said = /^\{"error":.*\}$/m.exec(page)![0]
    assert.deepEqual(await post('{ "item": "tea" }'), JSON.parse(said))
  })

  test(`a rate counts, in ${workers} task threads`, async (t) => {
    const { program } = run(t, 'rate.ts', [], [...flags, '--batches', '5'])
    assert.equal(await program.ended(), 0)
    const counts = lines(program).map((line) => Number(/,(\d+)\)$/.exec(line)![1]))
    // Five batches of 0.3 s, and the part of one in front of the first.
    assert.ok([15, 16, 17, 18].includes(counts.reduce((a, b) => a + b, 0)), String(counts))
  })

  test(`prices come as JSON and as CSV, bad ones are set aside, in ${workers} task threads`, async (t) => {
    const file = (name: string): string => join(root, '.cache', `${name}-${process.pid}-${workers}`)
    const [json, csv] = [file('json'), file('csv')] as const
    t.after(() => [json, csv].forEach((path) => rmSync(path, { force: true })))
    mkdirSync(join(root, '.cache'), { recursive: true })
    writeFileSync(json, '{ "item": "tea", "price": 2 }\njunk\n{ "item": "tea", "price": "4" }\n')
    writeFileSync(csv, 'item,price\n"milk, cold",1\ntea,none\ntea,3\n')
    const { program } = run(t, 'prices.ts', [json, csv], flags)
    await program.untilPrinted('(tea,4)', '(milk, cold,1)')
    await program.until('the dead letters', () => /E_RECORD_SCHEMA/.test(program.stderr))
    assert.match(program.stderr, /E_RECORD_DECODE/)
  })
}

test('views are counted from the fields of lines', async (t) => {
  const events = join(root, '.cache', `events-${process.pid}`)
  t.after(() => rmSync(events, { force: true }))
  mkdirSync(join(root, '.cache'), { recursive: true })
  writeFileSync(
    events,
    ['view', 'click', 'view'].map((type) => `{"ad_id":"x","event_type":"${type}","n":[1]}\n`).join(''),
  )
  const { program } = run(t, 'views.ts', [events])
  await program.untilPrinted('(x,2)')
})

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

async function reachable(port: number): Promise<void> {
  while (
    !(await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    ))
  )
    // prettier-ignore
    await new Promise((resolve) => setTimeout(resolve, 20))
}
