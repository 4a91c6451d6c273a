import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'

const page = new URL('../../docs/cli.md', import.meta.url)
const bin = fileURLToPath(new URL('../../lib/cli/bin.ts', import.meta.url))

/** The blocks of a language, in order. */
const blocks = (markdown: string, language: string): string[] =>
  [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text)

/** Both streams of a command line in the order in which they were written. */
async function output(folder: string, args: readonly string[]): Promise<string> {
  const file = join(folder, 'output.txt')
  const fd = openSync(file, 'w')
  const { NO_COLOR: _no, ...env } = process.env
  await new Promise((resolve) =>
    spawn(process.execPath, [bin, ...args], {
      cwd: folder,
      stdio: ['ignore', fd, fd],
      env: { ...env, FORCE_COLOR: '0' },
    }).on('close', resolve),
  )
  closeSync(fd)
  return readFileSync(file, 'utf8')
}

const masked = (text: string): string =>
  text
    .replaceAll(/\d\d:\d\d:\d\d/g, 'hh:mm:ss')
    .replaceAll(/ +[\d.]+ m?s(?![\w:])/g, ' T')
    .replaceAll(/ {5}! .*/g, '')
    // How many times were missed is how long the machine took.
    .replaceAll(/^ {2}! catching up: .*\n/gm, '')
    .replaceAll(/\(.* ago\)/g, '(T ago)')
    .replaceAll(/since \S+Z by \S+ on \S+/g, 'since T by WHO')
    // As many as this machine has cores.
    .replaceAll(/in \d+ partitions?/g, 'in N partitions')
    .replaceAll(/sluice \d+\.\d+\.\d+/g, 'sluice V')

test('every console block of docs/cli.md is what the command prints, times aside', async (t) => {
  const markdown = readFileSync(page, 'utf8')
  const folder = await temporaryFolder(t)
  for (const program of blocks(markdown, 'ts')) writeFileSync(join(folder, /^\/\/ (\S+)/.exec(program)![1]), program)
  let renewed = markdown
  for (const block of blocks(markdown, 'console')) {
    const [command] = block.split('\n', 1)
    const found = `${command}\n${await output(folder, command.replace(/^\$ sluice /, '').split(' '))}`
    renewed = renewed.replace(block, () => found)
    if (!process.env['SLUICE_WRITE_DOCS']) assert.equal(masked(found), masked(block))
  }
  if (process.env['SLUICE_WRITE_DOCS']) writeFileSync(page, renewed)
})
