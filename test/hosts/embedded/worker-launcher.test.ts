import { fileURLToPath } from 'node:url'
import { WorkerLauncher } from '../../../lib/hosts/embedded/worker-launcher.ts'
import { launcherContract } from '../../../lib/testing/contracts/index.ts'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'
import { launched } from '../../support/launched-program.ts'

const module = fileURLToPath(import.meta.resolve('../../support/launched-program.ts'))

for (const { where, count } of [
  { where: 'in memory', count: 2 },
  { where: 'in a directory', count: 2 },
  { where: 'in memory', count: 1 },
])
  launcherContract(
    `tasks in ${count} threads with objects ${where}`,
    async (t) => {
      const { program, host, task } = launched()
      const folder = where === 'in memory' ? null : await temporaryFolder(t)
      const start = { module, args: ['thread'], fingerprint: program.fingerprint, folder, sync: false }
      const launcher = await WorkerLauncher.start(count, start, host.blobs, null)
      t.after(() => launcher.close())
      return { launcher, task }
    },
    { apart: true },
  )
