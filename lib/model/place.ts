import { library } from './library.ts'

/** Frames from this library, and from packages, are not the user's. */
const isOwn = (frame: string): boolean =>
  frame.includes('/node_modules/') || frame.includes(ownFolder()) || /node:internal|\(<anonymous>\)/.test(frame)

let folder: string | null = null

/**
 * The folder of this library as it stands in stacks. In a bundle with source maps that is where its sources were, since
 * the program's are shown by theirs; without, nobody can tell one from the other.
 */
function ownFolder(): string {
  if (folder !== null) return folder
  const [, here = ''] = (new Error().stack ?? '').split('\n')
  const place = placeOf(here.trim()) ?? ''
  const end = place.lastIndexOf('/model/place.')
  return (folder = end < 0 ? library.slice('file://'.length) : place.slice(0, end + 1))
}

/** `file:line:column` of the nearest caller outside the library: where in the user's program something was written. */
export function callerPlace(): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 30
  const stack = new Error().stack ?? ''
  Error.stackTraceLimit = limit
  return placeIn(stack) ?? ''
}

/** The first user frame of a stack. */
export const placeIn = (stack: string): string | null => placeAmong(stack.split('\n').slice(1))

/** The first of these frames that is the user's. */
export function placeAmong(frames: readonly string[]): string | null {
  for (const line of frames) {
    const place = isOwn(line) ? null : placeOf(line.trim())
    if (place !== null) return relative(place)
  }
  return null
}

/**
 * `at name (file:///app.ts:1:2)` or `at file:///app.ts:1:2`. Nothing here tries a line from more than one beginning:
 * messages may hold anything, at any length.
 */
function placeOf(frame: string): string | null {
  if (!frame.startsWith('at ')) return null
  const bare = frame.slice(frame.startsWith('at async ') ? 'at async '.length : 'at '.length)
  const place = frame.endsWith(')') ? frame.slice(frame.lastIndexOf('(') + 1, -1) : bare
  return /^(?:file:\/\/)?(\/?[^():]*:\d+:\d+)$/.exec(place)?.[1] ?? null
}

function relative(place: string): string {
  const here = `${process.cwd()}/`
  return place.startsWith(here) ? place.slice(here.length) : place
}
