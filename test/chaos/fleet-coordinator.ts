/**
 * `node test/chaos/fleet-coordinator.ts <dir> <socket,…> <program> [args…]`: runs a program as `sluice run --dir` does,
 * with its tasks in other processes.
 */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import '../../lib/hosts/embedded/install.ts'
import { setEmbeddedOptions } from '../../lib/hosts/embedded/embedded-host.ts'
import { loadProgram } from '../../lib/hosts/embedded/load-program.ts'
import { useOwnPackage } from '../../lib/hosts/embedded/own-package.ts'
import { StreamingContext } from '../../lib/api/dstream/streaming-context.ts'
import { SocketLauncher } from './socket-launcher.ts'

const [dir, sockets, file, ...args] = process.argv.slice(2)
process.argv = [process.execPath, file, ...args]
setEmbeddedOptions({ dir, module: file, args, launcher: () => new SocketLauncher(sockets.split(',')) })
useOwnPackage()
process.once('SIGINT', () => void StreamingContext.getActive()?.stop(true, true))

const program = await loadProgram(pathToFileURL(resolve(file)).href, {
  started: () => StreamingContext.getActive() !== undefined,
})
if (program.kind === 'app') program.app.build().start()
await StreamingContext.getActive()?.awaitTermination()
