import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SeededBug } from './bugs.ts'

interface Hunt {
  readonly bug: SeededBug
  /** The check that found it; `null`: it went unnoticed. */
  readonly check: string | null
  readonly what: string
  /** Simulated runs until then. */
  readonly runs: number
}

const LIB = fileURLToPath(new URL('../../../lib', import.meta.url))
const SEEDS = 300

/**
 * Puts each fault into a copy of the library and lets the simulator look for it there. Production code knows nothing of
 * this.
 */
export async function hunt(bugs: readonly SeededBug[], processes = 2): Promise<Hunt[]> {
  const left = bugs.map((bug, i) => ({ bug, i }))
  const hunts: Hunt[] = []
  await Promise.all(
    Array.from({ length: processes }, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'seeded-bug-'))
      try {
        await cp(LIB, join(folder, 'lib'), { recursive: true })
        await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
        for (let next = left.shift(); next; next = left.shift()) hunts[next.i] = await huntOne(folder, next.bug)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    }),
  )
  return hunts
}

async function huntOne(folder: string, bug: SeededBug): Promise<Hunt> {
  const sound = new Map<string, string>()
  for (const part of partsOf(bug)) {
    const path = join(folder, 'lib', part.file)
    sound.set(path, await readFile(path, 'utf8'))
    await writeFile(path, patched(sound.get(path)!, part))
  }
  try {
    const { runs, found } = JSON.parse(await simulator(folder, bug)) as {
      runs: number
      found: { check: string; what: string }[]
    }
    return { bug, runs, check: found[0]?.check ?? null, what: found[0]?.what ?? '' }
  } finally {
    for (const [path, text] of sound) await writeFile(path, text)
  }
}

/** A bug as what is changed in each file. */
export const partsOf = ({ more = [], ...bug }: SeededBug): readonly SeededBug[] => [
  bug,
  ...more.map((part) => ({ name: bug.name, ...part })),
]

/** Throws when the text that the bug replaces is not there exactly once: the code has moved on, and the bug with it. */
export function patched(source: string, { name, file, find, put, also, prefix = '' }: SeededBug): string {
  const once = (text: string, from: string, to: string): string => {
    const places = [...text.matchAll(asSyntax(from))]
    if (places.length !== 1)
      throw new Error(`seeded bug "${name}": ${file} holds ${places.length} times ${JSON.stringify(from)}`)
    return text.replace(asSyntax(from), () => to)
  }
  const text = once(source, find, put)
  return prefix + (also ? once(text, also.find, also.put) : text)
}

/** Matches the tokens of `find` however they are laid out: a formatter may break lines and end lists with a comma. */
function asSyntax(find: string): RegExp {
  const tokens = find.match(/[\w$]+|[^\s\w$]/g) ?? []
  const literal = (token: string) => token.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
  const tail = (token: string) => (/^[)\]}]$/.test(token) ? `,?\\s*${literal(token)}` : literal(token))
  return new RegExp(tokens.map(tail).join(String.raw`\s*`), 'g')
}

function simulator(folder: string, { job, seeds = SEEDS }: SeededBug): Promise<string> {
  const args = [
    join(folder, 'lib/simulator/main.ts'),
    '--hunt',
    '--json',
    '--seeds',
    String(seeds),
    ...(job === undefined ? [] : ['--job', job]),
  ]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let errors = ''
    child.stdout.on('data', (bytes: Buffer) => {
      out += bytes.toString()
    })
    child.stderr.on('data', (bytes: Buffer) => {
      errors += bytes.toString()
    })
    child.on('error', reject)
    child.on('close', () => (out.startsWith('{') ? resolve(out) : reject(new Error(errors.slice(0, 2000)))))
  })
}

/** The table that the test prints and that `docs/reliability.md` shows. */
export const tableOf = (hunts: readonly Hunt[]): string =>
  [
    '| seeded bug | found by | runs |',
    '|---|---|---|',
    ...hunts.map(({ bug, check, runs }) => `| ${bug.name} | ${check ?? '**not found**'} | ${runs} |`),
  ].join('\n')
