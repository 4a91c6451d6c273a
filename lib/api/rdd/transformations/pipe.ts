import { SluiceError } from '../../../model/errors.ts'
import { sparkLine } from '../../../codec/text.ts'
import { needsOptions } from '../../../model/options.ts'
import { badArgument } from '../../../lineage/bad-argument.ts'
import { partitionsNode } from '../../../lineage/narrow.ts'
import type { RddNode } from '../../../lineage/node.ts'
import { programs } from '../programs.ts'

/**
 * Each partition through a program of its own: one line per record in, one record per line out. A string is split at
 * white space.
 */
export function pipe<T>(
  node: RddNode<T>,
  command: string | readonly string[],
  env: Readonly<Record<string, string>>,
): RddNode<string> {
  const [program, ...args] =
    typeof command === 'string' ? command.trim().split(/\s+/) : Array.isArray(command) ? command : []
  if (![program, ...args].every((word) => typeof word === 'string') || !program)
    throw badArgument('There is no command to pipe through.', "pass one, such as 'sort -u'")
  needsOptions('pipe', env, "pipe('sort', { LC_ALL: 'C' })")
  return partitionsNode(node, (records) => {
    const input = Array.from(records, sparkLine).join('')
    const { stdout, stderr, failure } = programs()(program, args, { input, env })
    if (failure !== null) throw pipeFailed(program, failure, stderr)
    return stdout === '' ? [] : stdout.replace(/\r?\n$/, '').split(/\r?\n/)
  })
}

const pipeFailed = (program: string, why: string, stderr: string): SluiceError =>
  new SluiceError('E_PIPE', `The command ${program} failed: ${why}.`, {
    where: { detail: stderr.trim().slice(0, 500) },
    did: 'the job was stopped',
    next: ['run the command by hand on a few records'],
    spark: 'IllegalStateException',
  })
