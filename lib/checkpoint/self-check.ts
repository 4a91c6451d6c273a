import { KEY_GROUPS } from '../keys/key-group.ts'
import type { Manifest } from '../model/manifest.ts'
import { chainFault } from '../model/state-chain.ts'
import { withChange } from './state-change.ts'

/**
 * What must hold before a manifest may be committed; a sentence about the first thing that does not, or null. Pure, and
 * always on.
 */
export function selfCheck(base: Manifest | null, next: Manifest): string | null {
  if (next.batch !== (base?.batch ?? 0) + 1) return `batch ${next.batch} follows batch ${base?.batch ?? 0}`
  if (base && next.tick <= base.tick) return `tick ${next.tick} follows tick ${base.tick}`
  if (base && next.time <= base.time) return `batch time ${next.time} follows ${base.time}`
  for (const [operator, state] of Object.entries(next.state)) {
    const gap = uncovered(state.chains)
    if (gap) return `state of ${operator}: ${gap}`
    for (const chain of state.chains) {
      const wrong = chainFault(chain)
      if (wrong) return `state of ${operator}: ${wrong}`
    }
  }
  const kept = afterItsChange(base, next)
  for (const [operator, { version = 1 }] of Object.entries(kept?.state ?? {})) {
    const now = next.state[operator]
    if (!now) return `state of ${operator} is missing`
    if ((now.version ?? 1) < version)
      return `state of ${operator} went back from version ${version} to ${now.version ?? 1}`
  }
  for (const [output, parts] of Object.entries(next.outputs)) {
    const odd = parts.findIndex((part, i) => part.partition !== i)
    if (odd >= 0) return `output ${output}: partition ${odd} is missing or there twice`
  }
  return unaccounted(next)
}

/** What the manifest before it keeps, as a change of the program leaves it. */
function afterItsChange(base: Manifest | null, { change }: Manifest): Manifest | null {
  if (!base || !change) return base
  return withChange(base, change)
}

/** A record that is not read must be a dead letter. */
function unaccounted({ batch, skip, deadLetters = [] }: Manifest): string | null {
  const skipped = Object.values(skip ?? {}).flatMap((splits) => Object.values(splits).flat()).length
  const kept = deadLetters
    .filter((letters) => letters.batch === batch && !letters.undecoded)
    .flatMap(({ open }) => Object.values(open).flat()).length
  if (skipped === kept) return null
  return `${skipped} records were set aside and ${kept} dead letters kept`
}

/** Key groups must be covered once, 0 to the last. */
function uncovered(ranges: readonly { readonly from: number; readonly to: number }[]): string | null {
  let at = 0
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    if (from > at) return missing(at, from)
    if (from < at) return `key group ${from} is there twice`
    at = to
  }
  if (at === KEY_GROUPS) return null
  return missing(at, KEY_GROUPS)
}

const missing = (from: number, to: number): string => `key groups ${from} to ${to - 1} are missing`
