import { readFileSync } from 'node:fs'
import { readArguments } from './arguments.ts'
import { closest } from '../model/nearest.ts'
import { packageRoot } from './package-root.ts'
import { usageError } from './usage.ts'

/** Prints the section of `docs/errors.md` about one code. */
export async function explain(args: readonly string[]): Promise<number> {
  const { words } = readArguments('explain', args, {})
  if (words.length !== 1) throw usageError('explain takes one error code.', 'sluice explain E_NO_OUTPUT')
  const sections = errorSections(readFileSync(new URL('docs/errors.md', packageRoot()), 'utf8'))
  const asked = words[0].toUpperCase()
  const code = sections.has(asked) ? asked : `E_${asked}`
  const section = sections.get(code)
  if (section === undefined) throw unknownCode(words[0], asked, [...sections.keys()])
  process.stdout.write(`${code}\n\n${section}\n`)
  return 0
}

/** Text by code: a section begins with `## E_…` and ends before the next heading of any kind. */
export function errorSections(markdown: string): Map<string, string> {
  const sections = markdown.split(/^#{1,2} /m).slice(1)
  return new Map(
    sections
      .filter((section) => section.startsWith('E_'))
      .map((section) => {
        const [heading, ...body] = section.split('\n')
        return [heading.trim(), body.join('\n').trim()]
      }),
  )
}

function unknownCode(word: string, asked: string, codes: readonly string[]): Error {
  const near = closest(asked, codes)
  return usageError(
    `${JSON.stringify(word)} is not an error code.${near ? ` Did you mean ${near}?` : ''}`,
    near ? `sluice explain ${near}` : 'docs/errors.md lists them all',
  )
}
