import { loadedLater } from '../../model/loaded-later.ts'

/** What a batch needs once records of it have failed, or could not be decoded. */
export const badRecords = loadedLater(async () => {
  const [{ isolateRecords }, { KnownTrials }, { letterErrors, outputLetterErrors }, { keepUndecoded }] =
    await Promise.all([
      import('./isolate-records.ts'),
      import('./known-trials.ts'),
      import('./letter-errors.ts'),
      import('./undecoded.ts'),
    ])
  return { isolateRecords, KnownTrials, letterErrors, outputLetterErrors, keepUndecoded }
})
