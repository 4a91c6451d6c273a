// What the doors of the package declare, read from the declarations that `tsc` emits: they have one statement a line,
// in one form, whatever the sources look like.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A class, an interface, a type, a function or a value, as its declaration file has it. */
export interface Declaration {
  readonly name: string
  readonly kind: 'class' | 'interface' | 'type' | 'function' | 'value'
  /** The declaration file, relative to `lib`. */
  readonly file: string
  /** Its docstring, without the comment marks; empty where there is none. */
  readonly doc: string
  /** The statement; of a class or an interface its first line. Overloads of a function are several. */
  readonly signatures: readonly string[]
  readonly members: readonly Member[]
}

export interface Member {
  readonly name: string
  readonly doc: string
  /** One per overload. */
  readonly signatures: readonly string[]
}

/** One way into the package, such as `sluice/testing`. */
export interface Door {
  readonly door: string
  /** What it exports, in order of export. */
  readonly exported: readonly Declaration[]
  /** What stands in the types of those, and has no name of its own at this door. */
  readonly behind: readonly Declaration[]
}

interface DeclarationFile {
  readonly path: string
  readonly declared: ReadonlyMap<string, Declaration>
  /** Local name → file and name there, of imports and of re-exports. */
  readonly imported: ReadonlyMap<string, { file: string; name: string }>
  readonly reexported: ReadonlyMap<string, { file: string; name: string }>
  /** Files of which everything is exported again. */
  readonly passedOn: readonly string[]
}

/** How the engine is built is nobody's business outside, though types of the doors may name parts of it. */
const engine = /^(lineage|state|keys|checkpoint|plan|runtime|model\/(task|head)|graph\/(?!output-operation))/

const root = fileURLToPath(new URL('../..', import.meta.url))

/** All doors of `package.json`. Runs the compiler, which takes some seconds. */
export function readDoors(): readonly Door[] {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-api-'))
  try {
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', folder], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    return doorsOf(join(folder, 'lib'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function doorsOf(folder: string): readonly Door[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { types: string } | string>
  }
  const files = new Map<string, DeclarationFile>()
  const open = (path: string): DeclarationFile => {
    const file = files.get(path) ?? readFile(path, readFileSync(join(folder, path), 'utf8'))
    files.set(path, file)
    return file
  }
  return Object.entries(exports).flatMap(([door, entry]) => {
    if (typeof entry === 'string') return []
    const file = open(entry.types.replace('./dist/lib/', ''))
    const exported = [...new Set(exportedBy(file, open))]
    return [{ door: posix.join('sluice', door), exported, behind: behind(exported, open) }]
  })
}

function* exportedBy(file: DeclarationFile, open: (path: string) => DeclarationFile): Generator<Declaration> {
  for (const { file: path, name } of file.reexported.values()) {
    const found = find(open(path), name, open)
    if (found) yield found
  }
  for (const path of file.passedOn) yield* exportedBy(open(path), open)
  for (const declaration of file.declared.values())
    if (declaration.signatures.some((line) => line.startsWith('export '))) yield declaration
}

function find(file: DeclarationFile, name: string, open: (path: string) => DeclarationFile): Declaration | undefined {
  const here = file.declared.get(name)
  if (here) return here
  const elsewhere = file.imported.get(name) ?? file.reexported.get(name)
  return elsewhere && find(open(elsewhere.file), elsewhere.name, open)
}

/** What the types of `roots` name, and what those name, without what is marked as internal. */
function behind(roots: readonly Declaration[], open: (path: string) => DeclarationFile): readonly Declaration[] {
  const seen = new Set(roots)
  const found: Declaration[] = []
  const waiting = [...roots]
  while (waiting.length > 0) {
    const declaration = waiting.shift()!
    const file = open(declaration.file)
    const heads = declaration.signatures.map((head) => head.replace(/ implements [^{]*/, ' '))
    const text = [heads, ...shownMembers(declaration).map((member) => member.signatures)].flat().join('\n')
    for (const [name] of text.matchAll(/\b[A-Z]\w*/g)) {
      const next = find(file, name, open)
      if (!next || seen.has(next) || engine.test(next.file) || isInternal(next)) continue
      seen.add(next)
      found.push(next)
      waiting.push(next)
    }
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

const isInternal = ({ doc }: { readonly doc: string }): boolean => doc.includes('@internal')

/** The members that programs may use. */
export const shownMembers = ({ members }: Declaration): readonly Member[] =>
  members.filter((member) => !isInternal(member))

/** Reads one declaration file: statements begin at the margin, members four spaces in. */
function readFile(path: string, text: string): DeclarationFile {
  const declared = new Map<string, Declaration>()
  const imported = new Map<string, { file: string; name: string }>()
  const reexported = new Map<string, { file: string; name: string }>()
  const passedOn: string[] = []
  for (const { doc, lines } of statements(text.split('\n'), '')) {
    const statement = lines.join('\n')
    const names = /^(import|export) (?:type )?\{([^}]*)\} from '([^']+)';?$/s.exec(statement)
    if (names) {
      if (!names[3].startsWith('.')) continue
      const into = names[1] === 'import' ? imported : reexported
      for (const [name, local] of namesIn(names[2])) into.set(local, { file: target(path, names[3]), name })
      continue
    }
    const passed = /^export \* from '([^']+)';?$/.exec(statement)
    if (passed) {
      passedOn.push(target(path, passed[1]))
      continue
    }
    const head =
      /^(?:export )?(?:declare )?(?:abstract )?(class|interface|type|function|const|enum|namespace) (\w+)/.exec(
        statement,
      )
    if (!head) continue
    const [, keyword, name] = head
    const earlier = declared.get(name)
    // An interface and a value may share a name, as a type and its constants do.
    const whole = keyword === 'class' || keyword === 'interface'
    const declaration: Declaration = {
      name,
      kind: keyword === 'const' ? 'value' : (keyword as Declaration['kind']),
      file: path,
      doc: doc || (earlier?.doc ?? ''),
      signatures: [...(earlier?.signatures ?? []), whole ? lines[0] : statement],
      members: [...(earlier?.members ?? []), ...(whole ? membersOf(lines.slice(1, -1)) : [])],
    }
    declared.set(name, declaration)
  }
  return { path, declared, imported, reexported, passedOn }
}

function membersOf(lines: readonly string[]): Member[] {
  const members = new Map<string, Member>()
  for (const { doc, lines: member } of statements(lines, '    ')) {
    const signature = member.map((line) => line.slice(4)).join('\n')
    const name = /^(?:(?:static|abstract|readonly|get|set|protected|async) )*(\[[^\]]+\]|#?\w+|)/.exec(signature)![1]
    if (name === '#private' || /^protected |^private /.test(signature)) continue
    const key = signature.startsWith('static ') ? `static ${name}` : name
    const earlier = members.get(key)
    // An overload may be internal by itself.
    if (earlier && doc.includes('@internal')) continue
    members.set(key, {
      name: name || '(call)',
      doc: earlier?.doc ? earlier.doc : doc,
      signatures: [...(earlier?.signatures ?? []), signature],
    })
  }
  return [...members.values()]
}

/** The statements whose lines begin at `margin`, each with the docstring in front of it. */
function* statements(lines: readonly string[], margin: string): Generator<{ doc: string; lines: string[] }> {
  let doc = ''
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]
    if (line.trim() === '') continue
    if (line.startsWith(`${margin}/**`)) {
      const end = lines.findIndex((other, at) => at >= i && other.includes('*/'))
      doc = docText(lines.slice(i, end + 1))
      i = end
      continue
    }
    const statement = [line]
    while (!closed(statement) && i + 1 < lines.length) statement.push(lines[++i])
    yield { doc, lines: statement }
    doc = ''
  }
}

/** Whether a statement is whole: its brackets are closed. Strings in declarations hold none. */
function closed(lines: readonly string[]): boolean {
  let open = 0
  for (const [bracket] of withoutDocs(lines.join('\n')).matchAll(/[{}()[\]]/g)) open += '{(['.includes(bracket) ? 1 : -1
  return open === 0
}

const withoutDocs = (text: string): string => text.replace(/\/\*\*[\s\S]*?\*\//g, '')

const docText = (lines: readonly string[]): string =>
  lines
    .join('\n')
    .replace(/^\s*\/\*\*/, '')
    .replace(/\s*\*\/\s*$/, '')
    .replace(/^[ \t]*\* ?/gm, '')
    .trim()

const namesIn = (list: string): [name: string, local: string][] =>
  list
    .split(',')
    .map((one) => one.trim().replace(/^type /, ''))
    .filter((one) => one !== '')
    .map((one) => one.split(' as '))
    .map(([name, local = name]) => [name, local])

const target = (from: string, to: string): string =>
  posix.join(posix.dirname(from), to).replace(/\.ts$/, '.d.ts').replace(/\.js$/, '.d.ts')
