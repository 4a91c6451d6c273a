import type { WriteStream } from 'node:tty'

/** What text looks like; without colour it is the same text. */
export interface Paint {
  bad(text: string): string
  warn(text: string): string
  dim(text: string): string
}

const coloured: Paint = {
  bad: (text) => `\x1b[1;31m${text}\x1b[0m`,
  warn: (text) => `\x1b[33m${text}\x1b[0m`,
  dim: (text) => `\x1b[2m${text}\x1b[0m`,
}
const plain: Paint = { bad: (text) => text, warn: (text) => text, dim: (text) => text }

export const paint = (stream: Pick<WriteStream, 'isTTY'>, env: NodeJS.ProcessEnv = process.env): Paint =>
  hasColour(stream.isTTY, env) ? coloured : plain

/** `NO_COLOR` wins, then `FORCE_COLOR`, then whether it is a terminal. @testing Judged by itself. */
export function hasColour(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  if (env['NO_COLOR']) return false
  const forced = env['FORCE_COLOR']
  if (forced) return forced !== '0' && forced !== 'false'
  return isTerminal
}
