// What `npm start` runs: a server that plays a text, and the streaming word count that reads from it.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { main } from '../lib/cli/main.ts'

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))

// Not in our group, so that ^C does not end it before the last batch has run.
const server = fork(here('text-server.ts'), { detached: true })
process.on('exit', () => server.kill())
const [{ port }] = await once(server, 'message')

console.error(`
  A server plays a text on 127.0.0.1:${port}; examples/network-word-count.ts counts its words, as with
  sluice run examples/network-word-count.ts 127.0.0.1 ${port}
`)

await main(['run', here('network-word-count.ts'), '127.0.0.1', String(port), ...process.argv.slice(2)])
