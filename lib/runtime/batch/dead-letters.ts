import { idsOf } from '../../checkpoint/dead-letters.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { HeldApp } from './held-app.ts'

/** Forgets commands that have been carried out. */
export function forgetCarriedOut(held: HeldApp, manifest: Manifest): void {
  if (held.letterCommands.length === 0) return
  const open = new Set(idsOf(manifest.deadLetters ?? []))
  const done = held.letterCommands.filter(({ ids }) => !ids.some((id) => open.has(id)))
  held.letterCommands = held.letterCommands.filter((command) => !done.includes(command))
  held.sweeper.discard(
    done.map(({ key }) => key),
    manifest.batch,
  )
}
