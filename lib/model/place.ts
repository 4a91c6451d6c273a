/** The folder of this library, as it stands in stacks: frames from there are ours. */
const OWN = new URL('..', import.meta.url).href
const isOwn = (frame: string): boolean =>
  frame.includes(OWN) || frame.includes(OWN.slice('file://'.length)) || /node:internal|\(<anonymous>\)/.test(frame)

/** `file:line:column` of the nearest caller outside the library: where in the user's program something was written. */
export function callerPlace(): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 30
  const stack = new Error().stack ?? ''
  Error.stackTraceLimit = limit
  return placeIn(stack) ?? ''
}

/** The first user frame of a stack. */
export function placeIn(stack: string): string | null {
  for (const line of stack.split('\n').slice(1)) {
    if (isOwn(line)) continue
    const match = /(?:\(|at )(?:file:\/\/)?(\/?[^():]*:\d+:\d+)\)?$/.exec(line)
    if (match) return relative(match[1])
  }
  return null
}

function relative(place: string): string {
  const here = `${process.cwd()}/`
  return place.startsWith(here) ? place.slice(here.length) : place
}
