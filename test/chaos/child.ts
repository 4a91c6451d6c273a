import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * A process that can be killed, stopped and woken, and started again with the same arguments. What it says goes to a
 * file.
 */
export class Child {
  readonly #args: readonly string[]
  readonly #errors: string
  readonly #env: Readonly<Record<string, string>>
  #process: ChildProcess

  constructor(args: readonly string[], errors: string, env: Readonly<Record<string, string>> = {}) {
    this.#args = args
    this.#errors = errors
    this.#env = env
    this.#process = this.#spawn()
  }

  #spawn(): ChildProcess {
    const stderr = openSync(this.#errors, 'a')
    const child = spawn(process.execPath, [...this.#args], {
      stdio: ['ignore', 'ignore', stderr],
      env: { ...process.env, ...this.#env },
    })
    closeSync(stderr)
    return child
  }

  get exitCode(): number | null {
    return this.#process.exitCode
  }
  get isOver(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }
  get lastWords(): string {
    return readFileSync(this.#errors, 'utf8').slice(-2000)
  }

  startAgain(): void {
    this.#process = this.#spawn()
  }
  signal(name: NodeJS.Signals): void {
    this.#process.kill(name)
  }

  async stopFor(ms: number): Promise<void> {
    this.signal('SIGSTOP')
    await sleep(ms)
    this.signal('SIGCONT')
  }

  /** Resolves when it has ended. */
  end(signal: NodeJS.Signals): Promise<void> {
    return new Promise((resolve) => {
      if (this.isOver) return resolve()
      this.#process.once('exit', () => resolve())
      this.signal(signal)
    })
  }
}
