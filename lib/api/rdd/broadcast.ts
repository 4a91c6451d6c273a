import { SluiceError } from '../../model/errors.ts'
import { callerPlace } from '../../model/place.ts'
import { readOnly } from './read-only.ts'

/**
 * A value that functions read and cannot change: it is what it was when it was broadcast, and who changes it meets a
 * TypeError. Typed arrays and instances of classes cannot be guarded so. Tasks load the same program, so a value that
 * the program builds is there without being sent. It is not part of a checkpoint.
 */
export class Broadcast<T> {
  /** Its number among the broadcasts of its context. Spark: `Broadcast.id`. */
  readonly id: number
  #value: T | undefined
  #destroyedAt: string | null = null

  /** @internal `sparkContext.broadcast(value)` makes one. */
  constructor(id: number, value: T) {
    this.id = id
    this.#value = readOnly(value)
  }

  /** Throws `E_BROADCAST_DESTROYED` after `destroy`. Spark: `Broadcast.value`. */
  get value(): T {
    this.#assertAlive()
    return this.#value as T
  }

  /**
   * Kept for its name: there are no copies to drop. Throws `E_BROADCAST_DESTROYED` after `destroy`. Spark:
   * `Broadcast.unpersist`.
   */
  unpersist(_blocking: boolean = false): void {
    this.#assertAlive()
  }

  /** Lets go of the value for good. Spark: `Broadcast.destroy`. */
  destroy(_blocking: boolean = false): void {
    this.#assertAlive()
    this.#value = undefined
    this.#destroyedAt = callerPlace()
  }

  /** `Broadcast(<id>)`. Spark: `Broadcast.toString`. */
  toString(): string {
    return `Broadcast(${this.id})`
  }

  #assertAlive(): void {
    if (this.#destroyedAt === null) return
    throw new SluiceError('E_BROADCAST_DESTROYED', `Attempted to use Broadcast(${this.id}) after it was destroyed.`, {
      where: { place: callerPlace(), detail: `destroyed at ${this.#destroyedAt}` },
      did: 'nothing was read',
      spark: 'SparkException',
      next: ['destroy it after its last use', 'broadcast the value again'],
    })
  }
}
