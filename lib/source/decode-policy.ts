import { hasCode, type SluiceError } from '../model/errors.ts'
import type { LineOptions } from './line-buffer.ts'
import { isUndecodable, type OnDecodeError, type Undecoded, undecoded } from './undecoded.ts'

type Chunks<T> = Iterable<readonly T[]> | AsyncIterable<readonly T[]>

/** A file under a policy. */
interface FileUnderPolicy<T> {
  readonly policy: OnDecodeError
  readonly path: string
  /** Whether it can only be read whole, so that nobody knows whether it is sound before its end. */
  readonly isPacked: boolean
  /** Reads it; `onBad` says what becomes of a line that is none. */
  read(options: Pick<LineOptions, 'onBad'>): Chunks<T>
  /** Hears of everything that is no record. */
  report(found: Undecoded): void
}

/** The records of a file, as its policy for bytes that are no records will have it. The same each time. */
export function underPolicy<T>(file: FileUnderPolicy<T>): Chunks<T> {
  const { policy, path, report } = file
  switch (policy) {
    case 'fail':
      return file.read({})
    case 'replace':
      return file.read({
        onBad: (error, bytes) => {
          if (!isReplaceable(error)) throw error
          report(undecoded('replaced', error, path, bytes))
          return 'replaced'
        },
      })
    case 'dead-letter':
      return file.isPacked ? ifSound(file, 'letter', leavesOut(file)) : file.read(leavesOut(file))
    case 'skip-file':
      return ifSound(file, 'skipped', {})
  }
}

/** Only bytes that are no text have something to stand for them. */
const isReplaceable = (error: SluiceError): boolean => hasCode(error, 'E_DECODE_UTF8')

const leavesOut = <T>({ path, report }: FileUnderPolicy<T>): Pick<LineOptions, 'onBad'> => ({
  onBad: (error, bytes) => {
    report(undecoded('letter', error, path, bytes))
    return 'left-out'
  },
})

/** Its records, or none of them: what can be told at its end only is told before the first is used. */
async function* ifSound<T>(
  file: FileUnderPolicy<T>,
  became: 'letter' | 'skipped',
  options: Pick<LineOptions, 'onBad'>,
): AsyncGenerator<readonly T[]> {
  // Lines that are left out do not make the file unsound, but must not be counted twice.
  const first = became === 'letter' ? { onBad: () => 'left-out' as const } : {}
  try {
    for await (const _chunk of file.read(first));
  } catch (error) {
    if (!isUndecodable(error)) throw error
    file.report(undecoded(became, error, file.path))
    return
  }
  yield* file.read(options)
}
