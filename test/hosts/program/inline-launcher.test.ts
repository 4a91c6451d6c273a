import { InlineLauncher } from '../../../lib/hosts/program/inline-launcher.ts'
import { launcherContract } from '../../../lib/testing/contracts/index.ts'
import { launched } from '../../support/launched-program.ts'

launcherContract(
  'tasks in this thread',
  async () => {
    const { program, host, task } = launched()
    return { launcher: new InlineLauncher(program, host), task }
  },
  { apart: false },
)
