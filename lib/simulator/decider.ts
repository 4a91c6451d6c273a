import { SeededRandom } from '../adapters/local/seeded-random.ts'
import { idsOf, putCommand } from '../checkpoint/dead-letters.ts'
import { ObjectKeys } from '../checkpoint/object-keys.ts'
import type { Random } from '../host/random.ts'
import { seedOf } from './seed-of.ts'
import type { Surroundings } from './subject.ts'

/** Somebody who looks at dead letters while the program runs, and has them tried again, or gives them up. */
export class Decider {
  readonly #surroundings: Surroundings
  readonly #random: Random
  /** Nobody decides twice about one letter. */
  readonly #decided = new Set<string>()

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
    this.#random = new SeededRandom(seedOf(`${surroundings.seed} decider`))
  }

  begin(): void {
    const { ports, until } = this.#surroundings
    const { world } = ports
    world.after(1500 + this.#random.next() * 3000, () => {
      if (world.now() > until) return
      void world.real(this.#decide())
      this.begin()
    })
  }

  /** Everything that was decided is done: the last decision was before the last start. */
  judge(): void {
    const { stores, report } = this.#surroundings
    const open = idsOf(stores.manifests.get(stores.current!.committed)?.deadLetters ?? [])
    const id = open.find((each) => this.#decided.has(each))
    if (id !== undefined) report('dead letters', `somebody has decided about ${id}, which is still open`)
  }

  async #decide(): Promise<void> {
    const { stores, ports } = this.#surroundings
    const head = stores.current
    const open = idsOf(stores.manifests.get(head?.committed ?? 0)?.deadLetters ?? [])
    const ids = open.filter((id) => !this.#decided.has(id)).slice(0, 3)
    if (ids.length === 0) return
    for (const id of ids) this.#decided.add(id)
    // Outputs show what is committed: what they were shown without is not read again.
    const isRead = ids.every((id) => stores.letters.get(id)?.ofOutput !== true)
    const verb = isRead && this.#random.next() < 0.6 ? 'retry' : 'drop'
    await putCommand(stores.objects, new ObjectKeys(head!.app, head!.inc), { verb, ids }, this.#random.newId())
    ports.count(`letters ${verb}`)
  }
}
