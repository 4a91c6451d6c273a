import { existsSync } from 'node:fs'
import { isErrorCode } from '../model/error-codes.ts'
import { SluiceError } from '../model/errors.ts'
import { given } from '../model/given.ts'
import { usageError } from './usage.ts'

/** A refusal of the plugin, or of the program that it has built, as it stands among other lines. */
const REFUSAL = /^(?:✕ )?(E_[A-Z_]+) {2}(.+)$/m

/** What the Serverless CLI writes around every error. */
const AROUND = /^(?:Environment: .*|Docs: .*|Error:|)\n/gm

/** Why the Serverless CLI did not answer: what somebody of ours refused, as it is, or what it says itself. */
export function cliRefusal(stage: string, said: string): SluiceError {
  return (
    noPlugin(said) ??
    refusalIn(said) ??
    new SluiceError(
      'E_USAGE',
      `serverless.yml could not be read for the stage ${stage}: ${said.replaceAll(AROUND, '').trim()}`,
      { did: 'nothing was looked at' },
    )
  )
}

/** Why the Serverless CLI does not know a command of the plugin; `null` where it does. */
export function noPlugin(said: string): SluiceError | null {
  if (!said.includes('command "sluice-')) return null
  const isThere = ['yml', 'yaml', 'json', 'js', 'ts'].some((ending) => existsSync(`serverless.${ending}`))
  if (!isThere) return usageError('There is no serverless.yml in this folder.', 'run it where serverless.yml is')
  return usageError('serverless.yml does not name the plugin.', 'write plugins: [sluice/serverless]')
}

/** As it was thrown, or `null`: code and sentence, and behind them where, what was done and what to type. */
export function refusalIn(said: string): SluiceError | null {
  const found = REFUSAL.exec(said)
  const code = found?.[1]
  if (!found || !isErrorCode(code)) return null
  const facts = new Map<string, string[]>()
  let name = ''
  for (const line of said.slice(found.index + found[0].length + 1).split('\n')) {
    const fact = /^ *(where|did|next)? {2,}(\S.*)$/.exec(line)
    if (!fact) break
    name = fact[1] ?? name
    facts.set(name, [...(facts.get(name) ?? []), fact[2] ?? ''])
  }
  return new SluiceError(code, found[2] ?? '', {
    where: given({ detail: facts.get('where')?.[0] }),
    did: facts.get('did')?.join(' ') ?? '',
    next: facts.get('next') ?? [],
  })
}
