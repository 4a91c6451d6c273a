import { posix } from 'node:path'
import { occurrences, type SourceFile, withoutComments } from './source-files.ts'

export interface Export {
  readonly file: string
  readonly name: string
  /** A type costs nothing, and tests may name any. */
  readonly isType: boolean
  /** Its docstring says that tests need it: `@testing`. */
  readonly forTests: boolean
}

/** A name of another file, `*` for all of them. */
export interface Use {
  readonly by: string
  readonly file: string
  readonly name: string
}

/** What a file exports of its own; a door passes names on, and exports nothing of its own. */
export function exportsOf({ path, text: whole }: SourceFile): Export[] {
  const text = withoutPrograms(whole)
  const declared = new RegExp(
    String.raw`^export (?:default )?(?:declare )?(?:abstract )?(?:async )?` +
      String.raw`(const enum|class|interface|type|function\*?|const|let|enum) (\w+)`,
  )
  const found = occurrences(text, declared).map(({ match }) => ({
    name: match[2],
    isType: /^(interface|type)$/.test(match[1]),
    at: match.index ?? 0,
  }))
  const listed = occurrences(text, /^export (?:type )?\{([^}]*)\}(?! from)/).flatMap(({ match }) =>
    namesIn(match[1]).map(([, name]) => ({ name, isType: match[0].startsWith('export type'), at: match.index ?? 0 })),
  )
  return [...found, ...listed].map(({ name, isType, at }) => ({
    file: path,
    name,
    isType,
    forTests: docstringBefore(text, at).includes('@testing'),
  }))
}

/** What a file takes from others, by import, by passing on, and in types. `doors` are the package's own names. */
export function usesOf({ path, text }: SourceFile, doors: Readonly<Record<string, string>> = {}): Use[] {
  const code = withoutComments(text)
  const use = (to: string, name: string): Use[] => {
    const file = doors[to] ?? (to.startsWith('.') ? posix.join(posix.dirname(path), to) : null)
    return file === null ? [] : [{ by: path, file, name }]
  }
  const from = String.raw`\s+from\s+['"]([^'"\n]+)['"]`
  const list = occurrences(
    code,
    new RegExp(String.raw`^(?:import|export)\s+(?:type\s+)?(?:\w+,\s*)?\{([^}]*)\}${from}`),
  )
  const all = occurrences(
    code,
    new RegExp(String.raw`^(?:import|export)\s+(?:type\s+)?(?:\w+,\s*)?\*(?:\s+as\s+\w+)?${from}`),
  )
  const first = occurrences(code, new RegExp(String.raw`^import\s+(?:type\s+)?(\w+)(?:,\s*\{[^}]*\})?${from}`))
  const typed = occurrences(code, /\bimport\(\s*['"]([^'"\n]+)['"]\s*\)\.(\w+)/)
  const awaited = occurrences(code, /\{([^{}]*)\}\s*=\s*await import\(\s*['"]([^'"\n]+)['"]/)
  const loaded = occurrences(code, /\bimport\(\s*['"]([^'"\n]+)['"]\s*\)(?!\.[A-Z])/)
  const known = new Set(awaited.map(({ match }) => match[2]))
  return [
    ...list.flatMap(({ match }) => namesIn(match[1]).flatMap(([name]) => use(match[2], name))),
    ...all.flatMap(({ match }) => use(match[1], '*')),
    ...first.flatMap(({ match }) => use(match[2], 'default')),
    ...typed.flatMap(({ match }) => use(match[1], match[2])),
    ...awaited.flatMap(({ match }) => match[1].split(',').flatMap((one) => use(match[2], one.split(':')[0].trim()))),
    ...loaded.filter(({ match }) => !known.has(match[1])).flatMap(({ match }) => use(match[1], '*')),
  ]
}

/** `text` with its template strings blanked: programs that tests write down export as well. */
const withoutPrograms = (text: string): string =>
  text.replace(/`(?:\\.|[^`\\])*`/g, (program) =>
    program.includes('\nexport ') ? program.replace(/[^\n]/g, ' ') : program,
  )

/** The docstring that ends right before the statement; empty where there is none. */
function docstringBefore(text: string, at: number): string {
  const doc = text.slice(text.lastIndexOf('/**', at), at)
  return doc.indexOf('*/') === doc.length - 3 ? doc : ''
}

const namesIn = (list: string): [name: string, local: string][] =>
  list
    .split(',')
    .map((one) => one.trim().replace(/^type /, ''))
    .filter((one) => one !== '')
    .map((one) => one.split(' as '))
    .map(([name, local = name]) => [name, local])
