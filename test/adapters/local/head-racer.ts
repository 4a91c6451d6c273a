import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { openDirectoryHead } from '../../../lib/adapters/local/head-directory.ts'
import { race } from './head-race.ts'

// A process that races for a register: `head-racer.ts <dir> <name> <attempts> <logBytesMax> <pad> <wins file>`.
// A win is written to the file only after `cas` resolved, so what the file says was promised.
const [dir, name, attempts, logBytesMax, pad, winsFile] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
]
const head = await openDirectoryHead<{ by: string }>(dir, { logBytesMax: Number(logBytesMax) })
process.send?.('ready')
await once(process, 'message')
await race(head, name, Number(attempts), Number(pad), (rev) => appendFileSync(winsFile, `${rev}\n`))
await head.close()
process.disconnect()
