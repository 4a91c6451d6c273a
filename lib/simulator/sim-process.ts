import type { World } from './world.ts'

/**
 * A process of the simulated cluster. Nothing it holds survives it: once dead, whatever it waits for never comes, so
 * its code simply stops. A paused one goes on later with what it knew, which is how a coordinator becomes a zombie.
 */
export class SimProcess {
  readonly name: string
  /** How far its clock is ahead, in ms. */
  readonly clockOffMs: number
  readonly #world: World
  readonly #onEnd: (process: SimProcess) => void
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>
  #tellEnd: () => void = () => {}
  #alive = true
  #pausedUntil = 0

  constructor(name: string, world: World, onEnd: (process: SimProcess) => void = () => {}, clockOffMs = 0) {
    this.name = name
    this.clockOffMs = clockOffMs
    this.#world = world
    this.#onEnd = onEnd
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve
    })
  }

  get isAlive(): boolean {
    return this.#alive
  }
  get isPaused(): boolean {
    return this.#alive && this.#pausedUntil > this.#world.now()
  }

  /** The process is gone, by a crash or because it has come to its end. */
  end(): void {
    if (!this.#alive) return
    this.#alive = false
    this.#onEnd(this)
    this.#tellEnd()
  }

  pause(ms: number): void {
    this.#pausedUntil = this.#world.now() + ms
  }

  /** Passes when the process runs; never in a dead one. */
  running(): Promise<void> {
    return new Promise((resolve) => this.#whenRunning(resolve))
  }
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#world.after(ms, () => this.#whenRunning(resolve)))
  }

  #whenRunning(goOn: () => void): void {
    if (this.isPaused) this.#world.after(this.#pausedUntil - this.#world.now(), () => this.#whenRunning(goOn))
    else if (this.#alive) goOn()
  }
}

export const never = (): Promise<never> => new Promise<never>(() => {})
