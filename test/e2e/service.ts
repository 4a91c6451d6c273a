import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { findLocalStack, startLocalStack } from '../../infra/servers/localstack.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const serverless = join(root, 'node_modules/serverless/bin/serverless.js')
const sluice = join(root, 'lib/cli/bin.ts')

type LocalStack = Awaited<ReturnType<typeof startLocalStack>>

/** The emulator of AWS for one file of tests. Fails where it is not installed. */
export async function startAws(t: TestContext): Promise<LocalStack> {
  const program = findLocalStack()
  assert.ok(program, 'needs LocalStack: infra/localstack/install.sh')
  const stack = await startLocalStack(program)
  t.after(() => stack.stop())
  return stack
}

interface Ended {
  readonly code: number
  readonly out: string
}

/** A project of a user's, in a folder, and its stage `dev` on the emulator. */
export class Service {
  readonly folder: string
  readonly #name: string
  readonly #stack: LocalStack
  readonly functions: LambdaClient
  readonly objects: S3Client

  constructor(stack: LocalStack, name: string, folder: string) {
    this.#stack = stack
    this.#name = name
    this.folder = folder
    const config = {
      region: 'us-east-1',
      endpoint: stack.url,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    }
    this.functions = new LambdaClient(config)
    this.objects = new S3Client({ ...config, forcePathStyle: true })
  }

  /** The project of this repository itself. */
  static ofRepository(stack: LocalStack): Service {
    return new Service(stack, 'sluice', root)
  }

  /** A project in an empty folder that has this library installed. */
  static inFolder(t: TestContext, stack: LocalStack, name: string): Service {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules/sluice'))
    for (const name of ['serverless', 'serverless-offline'])
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
    const service = new Service(stack, name, folder)
    service.write('package.json', '{ "type": "module" }')
    return service
  }

  get bucket(): string {
    return `${this.#name}-dev-sluice-000000000000`
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true })
    writeFileSync(join(this.folder, path), text)
  }

  /** `osls …`, which must succeed. */
  async osls(...args: string[]): Promise<string> {
    const { code, out } = await this.tryOsls(...args)
    assert.equal(code, 0, out)
    return out
  }

  tryOsls(...args: string[]): Promise<Ended> {
    return this.#run(serverless, [...args, '--stage', 'dev'])
  }

  /** `sluice …` in the folder of the project. */
  sluice(...args: string[]): Promise<Ended> {
    return this.#run(sluice, args)
  }

  async #run(program: string, args: readonly string[]): Promise<Ended> {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.folder,
      env: { ...process.env, ...this.#stack.environment, NODE_OPTIONS: '--conditions=sluice-source' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()))
    const [code] = (await once(child, 'close')) as [number]
    return { code, out }
  }

  /**
   * A tick of the schedule: one life of the coordinator that begins no batch after `seconds`, or the ticks of so long,
   * and five seconds more, in the queue.
   */
  async tickFor(seconds: number, version?: string): Promise<{ busy?: boolean }> {
    const time = new Date(Date.now() + (seconds - 55) * 1000).toISOString()
    return (await this.#invoke('coordinator', { time }, version)) as { busy?: boolean }
  }

  /** Has gc look for what nothing leads to. */
  collect(): Promise<unknown> {
    return this.#invoke('gc', {})
  }

  async #invoke(name: 'coordinator' | 'gc', event: object, version?: string): Promise<unknown> {
    const { FunctionError, Payload } = await this.functions.send(
      new InvokeCommand({
        FunctionName: `${this.#name}-dev-${name}`,
        ...(version === undefined ? {} : { Qualifier: version }),
        Payload: JSON.stringify(event),
      }),
    )
    const answer = Buffer.from(Payload ?? []).toString()
    assert.equal(FunctionError, undefined, answer)
    return JSON.parse(answer)
  }

  async put(name: string, text: string): Promise<void> {
    await this.objects.send(new PutObjectCommand({ Bucket: this.bucket, Key: `in/${name}`, Body: text }))
  }

  /** Keys of what was put. */
  async inputs(): Promise<string[]> {
    const { Contents = [] } = await this.objects.send(new ListObjectsV2Command({ Bucket: this.bucket, Prefix: 'in/' }))
    return Contents.map(({ Key }) => Key!)
  }

  /** The counts that the last batch has saved below out/. */
  async counts(): Promise<Record<string, number>> {
    const last = (await this.saved('out/', 1))[0] ?? []
    const counts = last
      .map((line) => /^\((\w+),(\d+)\)$/.exec(line)!)
      .map(([, word, count]): [string, number] => [word, Number(count)])
    return Object.fromEntries(counts.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** The lines of each batch that was saved whole below a prefix, in the order of batches. */
  async saved(prefix: string, newest: number): Promise<string[][]> {
    const { Contents = [] } = await this.objects.send(new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix }))
    const keys = Contents.map(({ Key }) => Key!)
    const folders = keys.filter((key) => key.endsWith('/_SUCCESS')).map((key) => key.replace('_SUCCESS', 'part-'))
    return Promise.all(
      folders
        .toSorted()
        .slice(-newest)
        .map(async (folder) =>
          (await Promise.all(keys.filter((key) => key.startsWith(folder)).map((key) => this.#linesOf(key)))).flat(),
        ),
    )
  }

  async #linesOf(key: string): Promise<string[]> {
    const { Body } = await this.objects.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }))
    return (await Body!.transformToString()).split('\n').filter((line) => line !== '')
  }

  /** Waits until the newest saved counts are these. */
  async counted(wanted: Record<string, number>): Promise<void> {
    let found: unknown
    for (let tries = 0; tries < 240; tries++) {
      found = await this.counts()
      if (JSON.stringify(found) === JSON.stringify(wanted)) return
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    assert.deepEqual(found, wanted)
  }
}
