import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Service } from './service.ts'

/** One coordinator after the other, until it is said to end. */
export class Ticks {
  readonly said: string[] = []
  readonly #abort = new AbortController()
  readonly #run: Promise<void>

  constructor(service: Service) {
    this.#run = this.#tick(service)
  }

  async #tick(service: Service): Promise<void> {
    while (!this.#abort.signal.aborted) {
      // One that was killed, or that finds another at work, is not the last one.
      const answer = await service.tickFor(15).catch((error: unknown) => String(error))
      this.said.push(`${new Date().toISOString()} ${JSON.stringify(answer)}`)
      if (typeof answer === 'string' || answer.busy) await pause(1000)
    }
  }

  end(): Promise<void> {
    this.#abort.abort()
    return this.#run
  }
}

/** Until a coordinator can take the app: one that was killed at the very end holds it for half a minute more. */
export async function untilFree(service: Service, version: string): Promise<void> {
  for (let tries = 1; (await service.tickFor(1, version)).busy; tries++) {
    assert.ok(tries < 120, 'nobody has let go of the app')
    await pause(500)
  }
}
