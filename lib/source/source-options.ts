import { bound, callable, duration, flag, oneOf, type RulesOf } from '../model/options.ts'
import type { FileChoice } from './file-cut.ts'
import type { BinaryOptions, FileOptions, LineChoice, TextFileOptions } from './source-factories.ts'

export const LINE_OPTIONS: RulesOf<LineChoice> = { encoding: oneOf('utf8', 'latin1'), maxLineBytes: bound }

/** Which files; a store may have more. */
const FILE_CHOICE: RulesOf<FileChoice> = {
  filter: callable,
  select: oneOf('times', 'seen'),
  newFilesOnly: flag,
  minRememberMs: duration,
  maxFilesPerBatch: bound,
  onMissing: oneOf('fail', 'skip'),
}

/** Of files with records of a fixed length. */
export const BINARY_OPTIONS: RulesOf<BinaryOptions> = {
  ...FILE_CHOICE,
  onDecodeError: oneOf('fail', 'dead-letter', 'skip-file'),
}

/** Of files that the program reads itself. */
export const FILE_OPTIONS: RulesOf<FileOptions<any>> = { ...BINARY_OPTIONS, read: callable }

export const TEXT_FILE_OPTIONS: RulesOf<TextFileOptions> = {
  ...FILE_CHOICE,
  ...LINE_OPTIONS,
  onDecodeError: oneOf('fail', 'replace', 'dead-letter', 'skip-file'),
  splitBytes: bound,
  maxInflatedBytes: bound,
  maxInflateRatio: bound,
}
