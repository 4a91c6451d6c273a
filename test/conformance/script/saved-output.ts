import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { World } from './world.ts'

/** The directories that `saveAsTextFiles` leaves below `<out>`, one per batch. */
export class SavedOutputObject {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  /** The lines of the newest one, a record each. */
  eventuallyLatest(): string[][] {
    const folder = this.#newest()
    if (folder === null) return []
    const parts = readdirSync(folder)
      .filter((name) => name.startsWith('part-'))
      .sort()
    return parts
      .flatMap((part) =>
        readFileSync(join(folder, part), 'utf8')
          .split('\n')
          .filter((line) => line !== ''),
      )
      .map((line) => [line])
  }

  #newest(): string | null {
    const below = this.#world.bed.folder('out')
    if (!existsSync(below)) return null
    const timeOf = (name: string): number => Number(/-(\d+)/.exec(name)?.[1])
    const newest = readdirSync(below)
      .sort((a, b) => timeOf(a) - timeOf(b))
      .findLast((name) => existsSync(join(below, name, '_SUCCESS')))
    return newest === undefined ? null : join(below, newest)
  }
}
