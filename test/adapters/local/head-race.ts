import type { HeadStore } from '../../../lib/host/head-store.ts'

export interface RaceValue {
  readonly by: string
  readonly pad?: string
}

/** Reads and writes `attempts` times, and tells each revision it won once that is promised. */
export const race = async (
  head: HeadStore<RaceValue>,
  by: string,
  attempts: number,
  pad: number,
  won: (rev: number) => void,
): Promise<void> => {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const rev = (await head.read())?.rev ?? 0
    if ((await head.cas(rev, { by, pad: 'x'.repeat(pad) }, 'race')) === 'written') won(rev + 1)
  }
}
