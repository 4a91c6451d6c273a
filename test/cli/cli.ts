import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'

const bin = fileURLToPath(new URL('../../lib/cli/bin.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A command line that runs: what it has said so far, and how it ends. */
export class Cli {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  stdout = ''
  stderr = ''
  readonly #waiting = new Set<() => void>()

  constructor(t: TestContext, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
    const { NO_COLOR: _no, ...inherited } = process.env
    this.child = spawn(process.execPath, [bin, ...args], {
      cwd,
      env: { ...inherited, FORCE_COLOR: '0', TZ: 'UTC', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout!.on('data', (bytes: Buffer) => {
      this.stdout += bytes.toString()
      this.#wake()
    })
    this.child.stderr!.on('data', (bytes: Buffer) => {
      this.stderr += bytes.toString()
      this.#wake()
    })
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr })
        this.#wake()
      })
    })
    t.after(() => {
      this.child.kill('SIGKILL')
    })
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  /** Resolves once stderr holds `text` `times` times; throws when the process ends before. */
  says(text: string, times = 1): Promise<void> {
    return this.#until(() => this.stderr.split(text).length > times, JSON.stringify(text))
  }

  /** The same of stdout. */
  prints(pattern: RegExp): Promise<void> {
    return this.#until(() => pattern.test(this.stdout), String(pattern))
  }

  async #until(isSo: () => boolean, what: string): Promise<void> {
    while (!isSo()) {
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`it ended without ${what}:\n${this.stderr}`)
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }
}

/** A folder with these files; each program finds `./numbers.ts` beside it. */
export async function project(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder(t)
  for (const [path, text] of Object.entries({ 'numbers.ts': numbers, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

export const sluice = (t: TestContext, cwd: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> =>
  new Cli(t, args, cwd, env).ended

/** Runs a program of one file. */
export async function runProgram(t: TestContext, program: string, args: readonly string[] = []): Promise<Ended> {
  return sluice(t, await project(t, { 'app.ts': program }), ['run', 'app.ts', ...args])
}

/** A source whose n-th batch is the n-th list given; afterwards batches are empty. The position counts batches. */
const numbers = `
import type { Source } from 'sluice'

export const batches = <T>(...lists: T[][]): Source<T> => ({
  name: 'Lists',
  async cut({ position }) {
    const at = Number(position ?? 0)
    return { position: at + 1, splits: [at], records: (lists[at] ?? []).length }
  },
  read: (split) => [lists[split as number] ?? []],
})

/** Batch n holds n alone. */
export const counter: Source<number> = {
  name: 'Counter',
  async cut({ position }) {
    const n = Number(position ?? 0) + 1
    return { position: n, splits: [n], records: 1 }
  },
  read: (split) => [[split as number]],
}
`
