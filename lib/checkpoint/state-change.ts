import { given, own } from '../model/given.ts'
import type { Manifest, StateChange } from '../model/manifest.ts'

export const hasChange = ({ moved, dropped }: StateChange): boolean =>
  dropped.length > 0 || Object.keys(moved).length > 0

/**
 * The manifest as a changed program sees it: state, positions and kept records under their new names, and without what
 * was given up.
 */
export function withChange(manifest: Manifest, { moved, dropped }: StateChange): Manifest {
  const gone = new Set(dropped)
  const nameOf = (name: string): string => own(moved, name) ?? name
  const renamed = <T>(all: { readonly [name: string]: T }): Record<string, T> =>
    Object.fromEntries(
      Object.entries(all)
        .filter(([name]) => !gone.has(name))
        .map(([name, each]) => [nameOf(name), each]),
    )
  const packs = manifest.packs
    ?.filter(({ operator }) => !gone.has(operator))
    .map((pack) => ({ ...pack, operator: nameOf(pack.operator) }))
  return {
    ...manifest,
    state: renamed(manifest.state),
    positions: renamed(manifest.positions),
    retained: renamed(manifest.retained),
    ...given({ packs }),
  }
}
