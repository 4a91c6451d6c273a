import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export type SourceFile = { path: string; text: string }
type Found = { line: number; text: string }

const root = fileURLToPath(new URL('../..', import.meta.url))
const written = /(^run|\.(ts|mts|mjs|js|json|md|ya?ml|html|css|sh))$/
const generated = /^(node_modules|dist|results|coverage|\.(?!ci$).*)$/

/**
 * The files below `folders` that people write; paths are relative to the repository and use `/`. A folder that is not
 * there holds none.
 */
export function filesBelow(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) => walk(join(root, folder))).map(read)
}

/** The hand-written files at the top of the repository itself. */
export function filesAtTop(): SourceFile[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile() && written.test(entry.name) && entry.name !== 'package-lock.json')
    .map((entry) => read(join(root, entry.name)))
}

/** Where `pattern` occurs in `text`, one entry per occurrence, with the line it ends on. */
export function occurrences(text: string, pattern: RegExp): (Found & { match: RegExpMatchArray })[] {
  return [...text.matchAll(new RegExp(pattern, 'gm'))].map((match) => {
    const line = text.slice(0, match.index + match[0].trimEnd().length).split('\n').length
    return { line, text: text.split('\n')[line - 1].trim(), match }
  })
}

/**
 * `text` with its comments blanked and its line numbers kept. A block comment counts only where it starts a line, so
 * globs in strings survive.
 */
export function withoutComments(text: string): string {
  const blank = (comment: string) => comment.replace(/[^\n]/g, ' ')
  return text.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, blank).replace(/(?<=^|\s)\/\/.*$/gm, blank)
}

function walk(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (generated.test(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return walk(path)
    return written.test(entry.name) ? [path] : []
  })
}

function read(path: string): SourceFile {
  return { path: relative(root, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }
}
