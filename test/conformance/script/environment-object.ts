import { evaluate } from '../functions.ts'
import type { World } from './world.ts'

/** What the functions of a script left behind. */
export class EnvironmentObject {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  counter(name: string): number {
    return this.#world.bed.scope.counters[name]
  }
  seen(name: string): unknown {
    return this.#world.bed.scope.seen[name]
  }
  equation(text: string): unknown {
    return evaluate(text, this.#world.bed.scope, { receiver: this.#world.objects.get('receiver') })
  }
}
