import { runProgram } from '../../adapters/local/run-program.ts'
import { installPrograms } from '../../api/rdd/programs.ts'
import { localSources } from './local-sources.ts'
import { devOutput, devSource } from './stand-ins.ts'
import { installEngine } from '../../api/dstream/engine.ts'
import { installSourceFactories } from '../../api/dstream/source-factories.ts'
import { installStandIns } from '../../api/dstream/stand-ins.ts'
import { EmbeddedEngine } from './embedded-engine.ts'
import { appsBelow, embeddedOptions, headIn } from './embedded-host.ts'
import { join } from 'node:path'
import { SluiceError } from '../../model/errors.ts'

installSourceFactories(localSources)
installStandIns({ source: devSource, output: devOutput })
installPrograms(runProgram)
installEngine((context) => new EmbeddedEngine(context), {
  defaultDirectory: () => embeddedOptions().dir,
  async read(directory) {
    const apps = await appsBelow(directory)
    if (apps.length > 1)
      throw new SluiceError('E_CHECKPOINT_DIR', `${directory} holds checkpoints of several apps: ${apps.join(', ')}.`, {
        did: 'nothing was started',
        next: ['give each app a directory of its own'],
      })
    const [app] = apps
    if (app === undefined) return null
    const head = await headIn(join(directory, app))
    if (!head || head.committed === 0) return null
    return { conf: head.conf, intervalMs: head.intervalMs }
  },
})
