import { isLetterSplit } from '../checkpoint/dead-letters.ts'
import type { Json } from '../model/json.ts'
import { SourcePort } from '../source/source-port.ts'
import type { Source } from '../source/source.ts'

/** What a letter counts as, in bytes. */
const LETTER_BYTES = 1024

/** About how many bytes it is to read a split, of letters too; `null` where the source does not say. */
export const splitWeight = (source: Source<unknown>, uid: string, split: Json): number | null =>
  isLetterSplit(split) ? LETTER_BYTES : new SourcePort(uid, source).weight(split)
