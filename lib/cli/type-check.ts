import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** So many are shown; the others are counted. */
const SHOWN = 5

/**
 * Checks the types of a project beside its run, where it has TypeScript and a `tsconfig.json`: Node leaves types out,
 * so nothing else would look at them. Says the first errors, and when they are gone; a newer check ends an older one.
 */
export class TypeCheck {
  readonly #compiler: { readonly tsc: string; readonly folder: string } | null
  readonly #say: (text: string) => void
  #child: ChildProcess | null = null
  #failed = false

  constructor(file: string, say: (text: string) => void) {
    this.#compiler = compilerOf(file)
    this.#say = say
  }

  run(): void {
    this.stop()
    if (this.#compiler === null) return
    const { tsc, folder } = this.#compiler
    const child = spawn(process.execPath, [tsc, '--noEmit', '--pretty', 'false', '-p', folder], {
      cwd: process.cwd(),
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    this.#child = child
    let out = ''
    child.stdout.on('data', (bytes: Buffer) => {
      out += bytes.toString()
    })
    child.on('close', (status) => {
      if (this.#child === child) this.#said(out, status === 0)
    })
  }

  stop(): void {
    this.#child?.kill()
    this.#child = null
  }

  #said(out: string, isGood: boolean): void {
    const errors = out.split('\n').filter((line) => / error TS\d+: /.test(line))
    if (isGood && this.#failed) this.#say('  ✓ types\n')
    this.#failed = !isGood
    if (errors.length === 0) return
    const more = errors.length > SHOWN ? [`          … and ${errors.length - SHOWN} more`] : []
    this.#say([...errors.slice(0, SHOWN).map((line) => `  ✕ types  ${line}`), ...more, ''].join('\n'))
  }
}

/** What the nearest project above `file` has installed. */
function compilerOf(file: string): { readonly tsc: string; readonly folder: string } | null {
  const folder = foldersAbove(file).find((each) => existsSync(join(each, 'tsconfig.json')))
  if (folder === undefined) return null
  const require = createRequire(join(folder, 'package.json'))
  const found = (require.resolve.paths('typescript') ?? [])
    .map((path) => join(path, 'typescript/bin/tsc'))
    .find((path) => existsSync(path))
  return found === undefined ? null : { tsc: found, folder }
}

function foldersAbove(file: string): string[] {
  const folder = dirname(file)
  return folder === file ? [] : [folder, ...foldersAbove(folder)]
}
