import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

/** What one `print()` wrote: the time of its header, as printed, and the lines below it. */
export interface Printed {
  readonly time: string
  readonly lines: readonly string[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const DEADLINE_MS = 60_000

/** Runs an example as a user does: `sluice run examples/<name>.ts …args`. It is killed when the test ends. */
export const runExample = (t: TestContext, name: string, ...args: readonly (string | number)[]): RunningExample =>
  new RunningExample(t, ['lib/cli/bin.ts', 'run', `examples/${name}.ts`, ...args.map(String)])

/** Runs a file of the repository with Node alone, as `npm exec -- node …` does in a clone: 'sluice' is the source. */
export const runNode = (t: TestContext, ...args: readonly string[]): RunningExample =>
  new RunningExample(t, ['--conditions=sluice-source', ...args])

export class RunningExample {
  stdout = ''
  stderr = ''
  readonly stdin: NodeJS.WritableStream
  readonly #process: ChildProcess
  readonly #exit: Promise<number | string>
  #ended = false
  #changed = (): void => {}

  constructor(t: TestContext, args: readonly string[]) {
    const child = spawn(process.execPath, [...args], {
      cwd: root,
      stdio: 'pipe',
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    })
    this.#process = child
    this.stdin = child.stdin
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
      this.#changed()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
      this.#changed()
    })
    this.#exit = new Promise((resolve) =>
      child.once('close', (code, signal) => {
        this.#ended = true
        resolve(code ?? signal!)
        this.#changed()
      }),
    )
    t.after(() => this.kill())
  }

  /** What the outputs have printed so far, whole blocks only. */
  get printed(): Printed[] {
    return [...this.stdout.matchAll(/^-{43}\nTime: (.*)\n-{43}\n((?:.+\n)*)\n/gm)].map(([, time, lines]) => ({
      time: time,
      lines: lines.split('\n').slice(0, -1),
    }))
  }

  /** What the n-th of several outputs printed, batch by batch. */
  printedBy(output: number, outputs: number): Printed[] {
    return this.printed.filter((_, i) => i % outputs === output)
  }

  /**
   * The first answer of `find` that is neither undefined nor false. Fails when the program ends before, or after a
   * minute.
   */
  async until<A>(what: string, find: () => A | undefined | false): Promise<A> {
    const end = Date.now() + DEADLINE_MS
    for (;;) {
      const found = find()
      if (found !== undefined && found !== false) return found
      if (this.#ended || Date.now() > end)
        throw new Error(
          `${this.#ended ? 'it ended' : 'time is up'} before ${what}\n— stdout —\n${this.stdout}\n— stderr ` +
            `—\n${this.stderr}`,
        )
      await this.#change(end - Date.now())
    }
  }

  /** The block that shows exactly these lines, in any order. */
  untilPrinted(...lines: readonly string[]): Promise<Printed> {
    return this.until(`${lines.join(' ')} was printed`, () => this.printed.find((block) => same(block.lines, lines)))
  }

  /** As many more blocks as asked for, whatever is in them. */
  async untilMore(count: number): Promise<Printed[]> {
    const before = this.printed.length
    return this.until(
      `${count} more batches`,
      () => this.printed.length >= before + count && this.printed.slice(before),
    )
  }

  untilSaid(text: string): Promise<true> {
    return this.until(`it said ${JSON.stringify(text)}`, () =>
      this.stdout.includes(text) || this.stderr.includes(text) ? true : undefined,
    )
  }

  /** Exit code, or the signal that ended it. */
  ended(): Promise<number | string> {
    return this.#exit
  }

  /** As ^C does: the current batch is finished. */
  async stop(): Promise<number | string> {
    this.#process.kill('SIGINT')
    return this.#exit
  }

  /** As `kill -9` does. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#exit
  }

  #change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, ms))
      this.#changed = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

export const same = (lines: readonly string[], wanted: readonly string[]): boolean =>
  [...lines].sort().join('\n') === [...wanted].sort().join('\n')

/** What stands on the place of `nc -lk`: a server on a free port that sends what a test types. */
export class LineServer {
  readonly port: number
  readonly #connection: () => Promise<Socket>

  static async open(t: TestContext, port = 0): Promise<LineServer> {
    const server = createServer()
    let newest: Socket | null = null
    server.on('connection', (socket) => {
      newest = socket
        .on('error', () => {})
        .on('close', () => {
          if (newest === socket) newest = null
        })
      server.emit('ready')
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => {
      newest?.destroy()
      server.close()
    })
    const connection = async (): Promise<Socket> => {
      while (newest === null) await once(server, 'ready')
      return newest
    }
    return new LineServer((server.address() as AddressInfo).port, connection, () => {
      newest?.destroy()
      server.close()
    })
  }

  private constructor(port: number, connection: () => Promise<Socket>, close: () => void) {
    this.port = port
    this.#connection = connection
    this.close = close
  }

  /** Sends lines to whoever is connected, waiting for that first. Lines sent at once arrive at once. */
  async send(...lines: readonly string[]): Promise<void> {
    const socket = await this.#connection()
    socket.write(lines.map((line) => `${line}\n`).join(''))
  }

  /** Ends the connection and the server, as ^C does to `nc`. */
  readonly close: () => void
}

/** A folder that goes when this process ends: by then, programs that write to it have ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-example-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
