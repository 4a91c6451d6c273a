import assert from 'node:assert/strict'
import { stripTypeScriptTypes } from 'node:module'
import { test } from 'node:test'
import { filesBelow, type SourceFile } from './source-files.ts'

// Events, states and settings reach those who show them as unions: they are told apart by their kind, and a cast would
// only say that somebody knew better. What comes from outside is of a type only because somebody says so; that is done
// in these places.
const FROM_OUTSIDE: Readonly<Record<string, string>> = {
  'lib/cli/arguments.ts: as Values<F>': 'a command line, once its flags are read by their kinds',
  'lib/cli/create.ts: as {…}': 'what npm has written about what it installed',
  'lib/cli/package-root.ts: as { version: string }': 'the package of this library',
  'lib/cli/run-session.ts: as typeof write': 'standard output, which has three ways to be called',
  'lib/cli/simulate-shares.ts: as SimulateAnswer': 'what a process of the same command has printed',
  'lib/cli/stage-place.ts: as Template': 'what the Serverless CLI has packaged',
  'lib/cli/stage-place.ts: as unknown': 'what the plugin has printed',
  'lib/cli/stage-place.ts: as { bin: Record<string, string> }': 'the package of the Serverless CLI',
  'lib/cli/watchdog-thread.ts: as SharedArrayBuffer': 'what the thread was started with',
  'lib/cli/watchdog-thread.ts: !': 'the port of a thread, which it has',
  'lib/observe/batch-events.ts: !': 'an output of a manifest, which its program has',
}

const listeners = filesBelow('lib').filter(({ path }) => /^lib\/(cli|observe)\/.*\.ts$/.test(path))

test('the CLI, listeners and lines of JSON cast nothing', () => {
  const found = listeners.flatMap((file) => castsIn(file).map((cast) => `${file.path}: ${cast}`))
  assert.deepEqual(
    found.filter((cast) => !Object.hasOwn(FROM_OUTSIDE, cast)),
    [],
    'tell values apart by their kind, or check what comes from outside with a shape',
  )
  assert.deepEqual(
    Object.keys(FROM_OUTSIDE).filter((cast) => !found.includes(cast)),
    [],
    'these are not there any more',
  )
})

test('casts of every kind are seen, and what only looks like one is not', () => {
  const text = `
import { a as b } from './a.ts'
const one = b as string
const two = { kind: 'x' } as const
const three = one!.length
const four = (two as { kind: string }).kind
const five: any = 'known as one!'
const six = one !== 'as it is' && !three
const seven = \`\${(one as unknown)}\`
function eight(this: void, more?: string): more is string { return more! !== one }
`
  assert.deepEqual(castsIn({ path: '', text }), ['as string', '!', 'as { kind: string }', 'any', 'as unknown', '!'])
})

/** What the language takes away when it leaves out types: each cast, each `!` behind a value, each `any`. */
function castsIn({ text }: SourceFile): string[] {
  const bare = stripTypeScriptTypes(text)
  const casts: string[] = []
  for (let at = 0; at < text.length; at++) {
    if (text[at] === bare[at]) continue
    let end = at
    while (end < text.length && (text[end] !== bare[end] || /\s/.test(text[end]))) end++
    const gone = text.slice(at, end).trim()
    const cast = /^as\s+(?!const\b)[\s\S]*/.exec(gone)?.[0]
    if (cast !== undefined) casts.push(cast.includes('\n') ? 'as {…}' : cast)
    else if (gone === '!') casts.push('!')
    else if (/\bany\b/.test(gone.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''))) casts.push('any')
    at = end
  }
  return casts
}
