// `npm run docs` writes docs/api: the docstrings of what the doors export, as Markdown.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type Declaration, type Door, type Member, readDoors, shownMembers } from './declarations.ts'

const folder = new URL('../../docs/api/', import.meta.url)
/** A class with more members than this has a page of its own. */
const MEMBERS_MAX = 20

/** Pages by file name. */
export function referenceOf(doors: readonly Door[]): ReadonlyMap<string, string> {
  const pages = new Map<string, string>()
  const contents: string[] = []
  const shownBefore = new Set<Declaration>()
  for (const { door, exported, behind } of doors) {
    const page = `${door.replaceAll('/', '-')}.md`
    const named = [...exported].sort(byName)
    const own = named.filter((declaration) => isLarge(declaration, behind))
    for (const declaration of own) pages.set(pageOf(declaration), largePage(door, declaration, behind))
    const link = (one: Declaration): string =>
      own.includes(one) ? `[${one.name}](${pageOf(one)})` : `[${one.name}](${page}#${one.name.toLowerCase()})`
    contents.push(`## ${door}`, '', ...named.map((one) => `* ${link(one)}: ${firstSentence(one.doc)}`), '')
    const small = named.filter((one) => !own.includes(one))
    for (const one of exported) shownBefore.add(one)
    const types = behind.filter((one) => one.doc !== '' && one.name !== 'RddActions' && !shownBefore.has(one))
    for (const one of types) shownBefore.add(one)
    pages.set(
      page,
      [
        `# ${door}`,
        ...small.flatMap((one) => ['', ...section(one, '##', behind)]),
        ...(types.length > 0 ? ['', `## Types in these signatures`] : []),
        ...types.flatMap((one) => ['', ...section(one, '###', behind)]),
        '',
      ].join('\n'),
    )
  }
  pages.set('README.md', ['# API', '', 'Generated from the docstrings by `npm run docs`.', '', ...contents].join('\n'))
  return pages
}

const byName = (a: Declaration, b: Declaration): number => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1)

const pageOf = ({ name }: Declaration): string => `${name.toLowerCase()}.md`

const isLarge = (declaration: Declaration, behind: readonly Declaration[]): boolean =>
  membersOf(declaration, behind).length > MEMBERS_MAX

function largePage(door: string, declaration: Declaration, behind: readonly Declaration[]): string {
  const [title, ...rest] = section(declaration, '#', behind)
  return [title, '', `From \`${door}\`.`, ...rest, ''].join('\n')
}

/** Its own members, then those of the class that it extends. */
function membersOf(declaration: Declaration, behind: readonly Declaration[]): readonly Member[] {
  const parent = / extends (\w+)/.exec(declaration.signatures[0])?.[1]
  const base = behind.find((one) => one.name === parent && one.kind === 'class')
  const own = shownMembers(declaration)
  const names = new Set(own.map((member) => member.name))
  return base ? [...own, ...membersOf(base, behind).filter((member) => !names.has(member.name))] : own
}

function section(declaration: Declaration, mark: string, behind: readonly Declaration[]): string[] {
  const statements = declaration.signatures.map((text) => shown(text).replace(/^export (declare )?/, ''))
  const heads = statements.map((text) => (text.endsWith('{') ? text.slice(0, -1).trim() : text))
  return [
    `${mark} ${declaration.name}`,
    '',
    ...(declaration.doc === '' ? [] : [declaration.doc, '']),
    '```ts',
    ...heads,
    '```',
    ...membersOf(declaration, behind).flatMap((member) => [
      '',
      `${mark}# ${member.name}`,
      '',
      ...(member.doc === '' ? [] : [member.doc, '']),
      '```ts',
      ...member.signatures.map(shown),
      '```',
    ]),
  ]
}

const shown = (text: string): string => text.replace(/ implements [^{]*(?=\{$)/, ' ')

function firstSentence(doc: string): string {
  const text = doc.replace(/\s+/g, ' ')
  return /^.*?[.?](?= |$)/.exec(text)?.[0] ?? text
}

/** The pages as they are stored; `null` for one that is not. */
export function storedPage(name: string): string | null {
  try {
    return readFileSync(new URL(name, folder), 'utf8')
  } catch {
    return null
  }
}

if (import.meta.main) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const pages = referenceOf(readDoors())
  for (const [name, text] of pages) writeFileSync(new URL(name, folder), text)
  console.log(`docs/api: ${pages.size} pages`)
}
