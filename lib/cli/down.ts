import { readArguments } from './arguments.ts'
import { callStage } from './stage-place.ts'
import { usageError } from './usage.ts'

const flags = { stage: { kind: 'text' }, delete: { kind: 'text' } } as const

/**
 * Lets a stage rest after its batch: nothing runs, and what it holds stays. With `--delete` and its name, everything of
 * it is deleted, whether it is protected or not. The plugin does it, in the process of the Serverless CLI.
 */
export async function down(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments('down', args, flags)
  if (values.stage === null || words.length > 0)
    throw usageError('down needs the name of a stage.', 'sluice down --stage dev')
  const more = values.delete === null ? [] : ['--delete', values.delete]
  return callStage(['sluice-down', '--stage', values.stage, ...more])
}
