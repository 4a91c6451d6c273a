import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

/** `npm run offline` while it runs, as someone at a terminal has it. */
interface Offline {
  /** What it has written so far. */
  text(): string
  readonly s3: string
  readonly lambda: string
  readonly functionsPid: number
  /** Ctrl-C; the exit code. */
  interrupt(): Promise<number>
}

const BUCKET = 'sluice-offline-sluice-local'

async function startOffline(t: TestContext): Promise<Offline> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../../infra/offline.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
  const exited = once(child, 'exit')
  const interrupt = async (): Promise<number> => {
    child.kill('SIGINT')
    return (await exited)[0] as number
  }
  t.after(interrupt)
  await until(
    'it is ready',
    async () => text.includes('Stop with Ctrl-C') || child.exitCode !== null,
    () => text,
  )
  const found = (pattern: RegExp): string => pattern.exec(text)?.[1] ?? assert.fail(text)
  return {
    text: () => text,
    s3: found(/^S3 +(\S+)/m),
    lambda: found(/^Lambda +(\S+)/m),
    functionsPid: Number(found(/process (\d+)\)/)),
    interrupt,
  }
}

async function until(what: string, holds: () => Promise<boolean>, text: () => string): Promise<void> {
  for (let tries = 0; tries < 1200; tries++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.fail(`waited in vain until ${what}:\n${text()}`)
}

/** The counts that the last complete batch has saved to S3. */
async function lastSaved(s3: string): Promise<Record<string, number>> {
  const keys = [
    ...(await (await fetch(`${s3}/${BUCKET}?list-type=2&prefix=out/`)).text()).matchAll(/<Key>(.*?)<\/Key>/g),
  ].map(([, key]) => key)
  const last = keys
    .filter((key) => key.endsWith('/_SUCCESS'))
    .sort()
    .at(-1)
    ?.replace('_SUCCESS', '')
  const parts = await Promise.all(
    keys
      .filter((key) => last && key.startsWith(`${last}part-`))
      .map(async (key) => (await fetch(`${s3}/${BUCKET}/${key}`)).text()),
  )
  return Object.fromEntries(
    [...parts.join('').matchAll(/\((\w+),(\d+)\)/g)].map(([, word, count]) => [word, Number(count)]),
  )
}

test(
  'files dropped into S3 are counted by three functions, print and saved totals agree, and Ctrl-C ' +
    'leaves nothing behind',
  async (t) => {
    const offline = await startOffline(t)
    const { s3, lambda, text } = offline
    const drop = async (name: string, content: string): Promise<void> =>
      assert.equal((await fetch(`${s3}/${BUCKET}/in/${name}`, { method: 'PUT', body: content })).status, 200)
    const saved = async (wanted: Record<string, number>): Promise<void> => {
      await until(
        `${JSON.stringify(wanted)} is saved`,
        async () => JSON.stringify(sorted(await lastSaved(s3))) === JSON.stringify(sorted(wanted)),
        text,
      )
    }

    await drop('one.txt', 'the quick the\nlazy dog\n')
    await drop('two.txt', 'The end')
    await saved({ the: 3, quick: 1, lazy: 1, dog: 1, end: 1 })
    await drop('three.txt', 'dog dog\n')
    await saved({ the: 3, quick: 1, lazy: 1, dog: 3, end: 1 })
    await until('the batch is printed', async () => text().includes('(dog,2)'), text)
    assert.match(text(), /^\(the,3\)$/m)

    assert.equal(await offline.interrupt(), 0)
    assert.throws(() => process.kill(offline.functionsPid, 0), { code: 'ESRCH' })
    for (const url of [s3, lambda]) await assert.rejects(fetch(url), url)
  },
)

const sorted = (counts: Record<string, number>): [string, number][] =>
  Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1))
