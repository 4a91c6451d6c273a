import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { packedArchive, plainEnvironment } from '../support/packed-archive.ts'
import { everythingIn } from './everything.ts'
import { startAws } from './service.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const PAGE = 'docs/ten-minutes.md'
const page = readFileSync(join(root, PAGE), 'utf8')

/** A command of the page, and the lines that it is said to print. */
interface Typed {
  readonly command: string
  readonly prints: readonly string[]
}

/** The commands of the page in their order: blocks hold nothing else, or, as sessions, also what was printed. */
const typed: readonly Typed[] = Array.from(page.matchAll(/^```(console)?\n([^]*?)\n```$/gm)).flatMap(
  ([, session, text]) =>
    session
      ? text
          .split(/^\$ /m)
          .slice(1)
          .map((part) => part.trimEnd().split('\n'))
          .map(([command, ...prints]) => ({ command, prints }))
      : text.split('\n').map((command) => ({ command, prints: [] })),
)

/** What only looks may have to look again: the schedule wakes the coordinator within a minute. */
const LOOKS = /^node src\/totals|^npx sluice (status|state) /
const PATIENCE_MS = 150_000

test('whoever types what the page of the README says has the right totals in DynamoDB, and then nothing', async (t) => {
  assert.ok(readFileSync(join(root, 'README.md'), 'utf8').includes(`](${PAGE})`), 'the README leads to the page')
  const starting = startAws(t)
  const folder = mkdtempSync(join(tmpdir(), 'sluice-ten-minutes-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  // While the emulator starts.
  const archive = packedArchive(folder)
  const aws = await starting
  const before = await everythingIn(aws.url)
  const shell = new Shell(folder, archive, aws.url)
  for (const { command, prints } of typed) {
    let [missing, said] = ['', '']
    for (const until = Date.now() + PATIENCE_MS; ;) {
      said = await shell.type(command)
      missing = lacking(said, prints) ?? ''
      if (missing === '' || !LOOKS.test(command) || Date.now() > until) break
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
    assert.equal(missing, '', `$ ${command}\n${said}`)
  }
  const commands = typed.map(({ command }) => command).join('\n')
  for (const part of ['sluice create', '--template kinesis', 'osls deploy', 'totals.mjs', 'osls remove'])
    assert.ok(commands.includes(part), part)
  assert.deepEqual(await everythingIn(aws.url), before)
})

/** The first line that was to be printed and was not, in its order; numbers, times and sizes are as they are. */
function lacking(said: string, prints: readonly string[]): string | undefined {
  const lines = said.split('\n').map(masked)
  // A scan has no order.
  if (prints.every((line) => /^\w+ \d+$/.test(line))) return prints.find((line) => !said.split('\n').includes(line))
  let from = 0
  return prints
    .filter((line) => line !== '…' && line !== '')
    .find((line) => {
      from = lines.indexOf(masked(line), from) + 1
      return from === 0
    })
}

const masked = (line: string): string =>
  line
    .replaceAll(/\d[\d:.,]*( ?(ms|s|m|h|B|kB|MB)\b)*/g, '#')
    .replaceAll(/ +/g, ' ')
    .trim()

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
}

/** A terminal in an empty folder: each command finds the folder and the variables that those before have left. */
class Shell {
  readonly #folder: string
  readonly #left: string
  readonly #archive: string
  readonly #url: string

  constructor(folder: string, archive: string, url: string) {
    this.#folder = folder
    this.#archive = archive
    this.#url = url
    this.#left = join(folder, 'left.sh')
    mkdirSync(join(folder, 'empty'))
    writeFileSync(this.#left, `cd '${join(folder, 'empty')}'\n`)
  }

  /** What it prints; it must end well. */
  async type(command: string): Promise<string> {
    const installed = /^npm install (?:--save-dev )?(?!sluice)(\S.*)$/.exec(command)?.[1]
    if (installed !== undefined) return this.#link(installed.split(' '))
    // The emulator runs already, and this is the file that would start it.
    if (command === 'docker compose up -d') return this.#run('grep localstack:4.14.0 compose.yaml')
    return this.#run(
      command
        .replace('npm install sluice', `npm install --offline ${this.#archive}`)
        .replace('http://127.0.0.1:4566', this.#url),
    )
  }

  /** Packages that a registry would bring, with what they bring themselves, and nothing that the page does not name. */
  async #link(names: readonly string[]): Promise<string> {
    const modules = join((await this.#run('pwd')).trim(), 'node_modules')
    const pending = [...names]
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      const here = join(root, 'node_modules', name === 'osls' ? 'serverless' : name)
      // Of another version, a package lies inside of the one that needs it.
      if (existsSync(join(modules, name)) || (!existsSync(here) && !names.includes(name))) continue
      mkdirSync(dirname(join(modules, name)), { recursive: true })
      symlinkSync(here, join(modules, name))
      const { dependencies = {} } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')) as Manifest
      pending.push(...Object.keys(dependencies))
    }
    if (names.includes('osls')) symlinkSync('../osls/bin/serverless.js', join(modules, '.bin/osls'))
    return ''
  }

  async #run(command: string): Promise<string> {
    const script = `source ${this.#left}\n${command}\ncode=$?\n`
    const keep = `{ echo "cd '$PWD'"; export -p; } > ${this.#left}\nexit $code\n`
    const child = spawn('bash', ['-c', script + keep], { env: this.#environment(), stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
    const [code] = (await once(child, 'close')) as [number]
    assert.equal(code, 0, `$ ${command}\n${said}`)
    return said
  }

  /** Nothing of AWS that this machine may have. */
  #environment(): NodeJS.ProcessEnv {
    const plain = Object.entries(plainEnvironment()).filter(([name]) => !name.startsWith('AWS_'))
    return { ...Object.fromEntries(plain), HOME: this.#folder, NO_COLOR: '1' }
  }
}
