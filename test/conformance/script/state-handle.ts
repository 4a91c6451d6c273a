import { StateHandle } from '../../../lib/api/dstream/operators/state-handle.ts'
import { fitDiffers } from './match.ts'

/** The handle that functions of `mapWithState` get. */
export class StateHandleObject {
  readonly #handle = new StateHandle<unknown>()

  wrap(state: unknown): void {
    this.#handle.wrap(state ?? undefined)
  }
  wrapTimingOut(state: unknown): void {
    this.#handle.wrapTimingOut(state)
  }
  update(state: unknown): void {
    this.#handle.update(state)
  }
  remove(): void {
    this.#handle.remove()
  }

  /** What is not allowed must throw; what is allowed is not tried, because that would change the state. */
  snapshot() {
    const state = this.#handle
    return (expected: Record<string, unknown>) =>
      fitDiffers(
        {
          exists: state.exists(),
          get: throws(() => state.get()) ? 'throws' : state.get(),
          getOption: state.getOption() ?? null,
          isUpdated: state.isUpdated(),
          isRemoved: state.isRemoved(),
          isTimingOut: state.isTimingOut(),
          updateAllowed: expected.updateAllowed || !throws(() => state.update(0)),
          removeAllowed: expected.removeAllowed || !throws(() => state.remove()),
        },
        expected,
      )
  }
}

function throws(f: () => unknown): boolean {
  try {
    f()
    return false
  } catch {
    return true
  }
}
