import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** A server that runs as a child of this process, in a folder of its own below the temporary folder. */
export interface RunningServer {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Kills it in the middle of whatever it does, and starts it again on what it had written. */
  crash(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

export interface ServerUser {
  readonly uid?: number
  readonly gid?: number
  /** Besides the variables of this process. */
  readonly env?: Readonly<Record<string, string>>
}

/**
 * The path of a program in `PATH` or in one of the folders where distributions put servers; `null` when it is not
 * installed.
 */
export function findProgram(name: string, folders: readonly string[] = []): string | null {
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin', ...folders]
  return places.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

/** Folders `<parent>/<anything>/<below>`, the last in the alphabet first. */
export const foldersBelow = (parent: string, below: string): string[] =>
  existsSync(parent)
    ? readdirSync(parent)
        .sort()
        .reverse()
        .map((each) => join(parent, each, below))
    : []

export const serverFolder = (name: string): string => mkdtempSync(join(tmpdir(), `sluice-${name}-`))

/** A port nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return port
}

/** Runs a program to its end. Rejects with what it said when it fails. */
export async function runProgram(program: string, args: readonly string[], user: ServerUser = {}): Promise<void> {
  const child = new Child(program, args, user)
  const code = await child.exited
  if (code !== 0) throw new Error(`${program} ended with ${code}:\n${child.said}`)
}

/** A program with what it said; killed when this process ends. */
export class Child {
  readonly process: ChildProcess
  readonly exited: Promise<number | string>
  said = ''

  constructor(program: string, args: readonly string[], { env, ...user }: ServerUser = {}) {
    this.process = spawn(program, args, {
      ...user,
      ...(env ? { env: { ...process.env, ...env } } : {}),
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: tmpdir(),
    })
    const { stdout, stderr } = this.process
    for (const stream of [stdout!, stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.said = (this.said + text).slice(-20_000)
      })
    const kill = (): void => {
      this.process.kill('SIGKILL')
    }
    process.once('exit', kill)
    this.exited = new Promise((resolve) => {
      this.process.once('error', (error) => resolve(error.message))
      this.process.once('exit', (code, signal) => {
        process.off('exit', kill)
        resolve(code ?? signal ?? 'nothing')
      })
    })
  }

  /** Waits until `ask` succeeds. Rejects with what the program said when it ends before, or after half a minute. */
  async ready(ask: () => Promise<unknown>): Promise<void> {
    let ended: number | string | null = null
    void this.exited.then((how) => {
      ended = how
    })
    for (let tries = 0; tries < 600 && ended === null; tries++) {
      try {
        await ask()
        return
      } catch {
        await new Promise((resolve) => {
          setTimeout(resolve, 50)
        })
      }
    }
    this.process.kill('SIGKILL')
    throw new Error(
      `${this.process.spawnfile} ${ended === null ? 'did not become ready' : `ended with ${ended}`}:\n${this.said}`,
    )
  }

  async stop(signal: NodeJS.Signals, folder: string): Promise<void> {
    this.process.kill(signal)
    await this.exited
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A server that is there again after each crash, at the same address. */
export class Restarting {
  readonly #start: () => Child
  readonly #ask: () => Promise<unknown>
  #child: Child

  private constructor(start: () => Child, ask: () => Promise<unknown>) {
    this.#start = start
    this.#ask = ask
    this.#child = start()
  }

  static async of(start: () => Child, ask: () => Promise<unknown>): Promise<Restarting> {
    const server = new Restarting(start, ask)
    await server.#child.ready(ask)
    return server
  }

  get pid(): number {
    return this.#child.process.pid!
  }

  async crash(signal: NodeJS.Signals): Promise<void> {
    this.#child.process.kill(signal)
    await this.#child.exited
    this.#child = this.#start()
    await this.#child.ready(this.#ask)
  }

  stop(signal: NodeJS.Signals, folder: string): Promise<void> {
    return this.#child.stop(signal, folder)
  }
}
