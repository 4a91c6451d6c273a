import { LambdaLauncher } from '../../../../lib/adapters/aws/lambda/lambda-launcher.ts'
import { type TaskMessage, TaskMessages } from '../../../../lib/adapters/aws/lambda/task-message.ts'
import { runTaskMessage } from '../../../../lib/hosts/functions/task.ts'
import type { BuiltApp } from '../../../../lib/hosts/program/built-program.ts'
import { launcherContract, type LauncherUnderTest } from '../../../../lib/testing/contracts/index.ts'
import { functionHost } from '../../../hosts/functions/function-host.ts'
import { launched } from '../../../support/launched-program.ts'
import { localFunctions } from '../local-functions.ts'

launcherContract(
  'tasks in invocations of a function',
  async (t): Promise<LauncherUnderTest> => {
    const { program, host, context, task } = launched()
    const { blobs, random } = host
    const app = { name: 'test', context, program } as BuiltApp
    const around = await functionHost('test', program.fingerprint, blobs)
    const functions = await localFunctions(t, {
      task: async (message: TaskMessage) => {
        if (endsItsProcess(message)) throw new Error('Runtime exited with error: exit status 1')
        return runTaskMessage(message, app, around)
      },
    })
    const launcher = new LambdaLauncher({
      functions,
      messages: new TaskMessages(blobs, random),
      blobs,
      task: 'task',
      slots: 4,
    })
    return { launcher, task }
  },
  { apart: true },
)

/** The functions here share a process, so that Lambda's answer for one that has ended is given in its place. */
const endsItsProcess = ({ plan }: TaskMessage): boolean =>
  'value' in plan && Object.values(plan.value.cuts).some((cut) => cut?.splits[0] === 'end-its-process')
