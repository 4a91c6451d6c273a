import type { OutputNode } from '../../graph/stream-node.ts'
import type { Report } from '../stores.ts'
import { difference, digest, rowsText } from './content.ts'
import type { Giving } from './watched-outputs.ts'

interface Given {
  readonly node: OutputNode
  readonly batch: number
  readonly partition: number | null
  readonly key: string
  /** What is compared with a run without faults. */
  readonly rows: readonly string[]
  /** Of the rows themselves. */
  readonly digest: string
}

/** How often an output was given something, over any number of runs. */
export interface OutputCounts {
  given: number
  /** Times when it had been given the same batch and partition before. */
  again: number
  /** A repeat after which the world outside saw something else, though it is told to expect repeats. */
  unsafe: boolean
}

/** Everything that the outputs of one run were given. */
export class GivenRows {
  readonly #given = new Map<string, Given>()

  /** Says whether it came before; reports a repeat that is not the same. */
  add({ node, batch, partition, key, rows, isCut = false }: Giving, report: Report): boolean {
    if (key === null) return false
    const place = `${node.uid}/${batch}/${partition}`
    const known = this.#given.get(place)
    const texts = rowsText(rows, node.uid)
    if (!known) {
      this.#given.set(place, {
        node,
        batch,
        partition,
        key,
        rows: isCut ? texts.map(() => 'some row') : texts,
        digest: digest(texts),
      })
      return false
    }
    if (known.key !== key) report('stable key', `"${node.uid}" got ${placeText(known)} under two keys`)
    if (known.digest !== digest(texts))
      report('identical repeat', `"${node.uid}" got ${placeText(known)} again with other content`)
    return true
  }

  /** Where these differ from what a run without faults was given, in order of batch. */
  *differences(reference: GivenRows): Iterable<{ readonly node: OutputNode; readonly what: string }> {
    const places = new Map([...reference.#given, ...this.#given])
    for (const [place, { node, ...where }] of [...places].sort(
      ([, a], [, b]) => a.batch - b.batch || a.node.id - b.node.id,
    )) {
      const what = texts(reference.#given.get(place)?.rows, this.#given.get(place)?.rows)
      if (what) yield { node, what: `"${node.uid}", ${placeText(where)}: ${what}` }
    }
  }
}

function texts(expected: readonly string[] | undefined, found: readonly string[] | undefined): string | null {
  if (!expected) return 'was shown, and would not have been'
  if (!found) return 'was never shown'
  return difference(expected, found)
}

const placeText = ({ batch, partition }: Pick<Given, 'batch' | 'partition'>): string =>
  `batch ${batch}${partition === null ? '' : `, partition ${partition}`}`
