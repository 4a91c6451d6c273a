import { spawnSync } from 'node:child_process'
import { SluiceError } from '../../../model/errors.ts'
import { sparkLine } from '../../../codec/text.ts'
import { badArgument } from '../../../lineage/bad-argument.ts'
import { partitionsNode } from '../../../lineage/narrow.ts'
import type { RddNode } from '../../../lineage/node.ts'

/**
 * Each partition through a program of its own: one line per record in, one record per line out. A string is split at
 * white space.
 */
export function pipe<T>(
  node: RddNode<T>,
  command: string | readonly string[],
  env: Readonly<Record<string, string>>,
): RddNode<string> {
  const [program, ...args] = typeof command === 'string' ? command.trim().split(/\s+/) : command
  if (!program) throw badArgument('There is no command to pipe through.', "pass one, such as 'sort -u'")
  return partitionsNode(node, (records) => {
    const input = Array.from(records, sparkLine).join('')
    const result = spawnSync(program, args, {
      input,
      env: { ...process.env, ...env },
      encoding: 'utf8',
      maxBuffer: Infinity,
    })
    // A program may end before it has read everything, as `head` does.
    const failed = result.error && (result.error as NodeJS.ErrnoException).code !== 'EPIPE'
    if (failed || result.status !== 0)
      throw pipeFailed(program, result.error?.message ?? `status ${result.status ?? result.signal}`, result.stderr)
    return result.stdout === '' ? [] : result.stdout.replace(/\r?\n$/, '').split(/\r?\n/)
  })
}

const pipeFailed = (program: string, why: string, stderr: string | null): SluiceError =>
  new SluiceError('E_PIPE', `The command ${program} failed: ${why}.`, {
    where: { detail: stderr?.trim().slice(0, 500) },
    did: 'the job was stopped',
    next: ['run the command by hand on a few records'],
    spark: 'IllegalStateException',
  })
