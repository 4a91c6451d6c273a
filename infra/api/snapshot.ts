// `npm run api` prints what the doors of the package declare, `npm run api -- --write` keeps it in
// docs/api-snapshot.txt.
import { readFileSync, writeFileSync } from 'node:fs'
import { type Declaration, type Door, readDoors, shownMembers } from './declarations.ts'

const file = new URL('../../docs/api-snapshot.txt', import.meta.url)

/** The types alone: no docstrings, no order that a move within a file would change. */
export function snapshotOf(doors: readonly Door[]): string {
  const shown = new Set<Declaration>()
  return doors
    .map(({ door, exported, behind }) => {
      const own = [...exported].sort((a, b) => (a.name < b.name ? -1 : 1))
      const rest = behind.filter((declaration) => !shown.has(declaration))
      for (const declaration of [...own, ...rest]) shown.add(declaration)
      return [`# ${door}`, ...own.map(typeText), `# behind ${door}`, ...rest.map(typeText)].join('\n\n')
    })
    .join('\n\n')
    .concat('\n')
}

function typeText(declaration: Declaration): string {
  const head = declaration.signatures.map((text) => plain(text).replace(/^export (declare )?/, ''))
  const members = shownMembers(declaration).flatMap((member) => member.signatures.map((text) => `  ${plain(text)}`))
  return [...head, ...members.sort()].join('\n')
}

const plain = (text: string): string =>
  text
    .replace(/\/\*\*[\s\S]*?\*\//g, '')
    .replace(/ implements [^{]*(?=\{$)/, ' ')
    .replace(/\s+/g, ' ')
    .trim()

export const storedSnapshot = (): string => readFileSync(file, 'utf8')

if (import.meta.main) {
  const text = snapshotOf(readDoors())
  if (process.argv.includes('--write')) writeFileSync(file, text)
  else process.stdout.write(text)
}
