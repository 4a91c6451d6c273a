import type { Source } from '../../source/source.ts'

/** The source that is read in the place of another; `demo` is what the program offers for that. */
type StandIns = <T>(name: string | null, source: Source<T>, demo: Source<T> | null) => Source<T>

let standIns: StandIns | null = null

/** Called once by an entry point that may read something else than what the program says. */
export function installStandIns(installed: StandIns): void {
  standIns = installed
}

/** What is read: the source itself, unless the entry point knows better. */
export const standingIn: StandIns = (name, source, demo) => standIns?.(name, source, demo) ?? source
