import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setEmbeddedOptions } from '../../../lib/hosts/embedded/embedded-host.ts'
import { StreamingContext } from '../../../lib/index.ts'
import type { Case } from '../cases.ts'
import { TestBed } from '../test-bed.ts'
import { plain } from '../values.ts'
import { batchesOf, define } from './program.ts'

// One life of a program that is killed, without any warning, after a number of steps: turns of the event loop and looks
// at the clock, which lie in the middle of what a turn does.

const [root, killAfterSteps] = process.argv.slice(2) as [string, string]
const bed = new TestBed(root)
const each = JSON.parse(readFileSync(join(root, 'case.json'), 'utf8')) as Case
const clockFile = join(root, 'clock')

let steps = Number(killAfterSteps)
const step = (): void => {
  if (--steps <= 0) process.kill(process.pid, 'SIGKILL')
}
const turn = (): void => {
  step()
  setImmediate(turn).unref()
}
turn()
setEmbeddedOptions({
  clock: {
    now: () => (step(), bed.clock.now()),
    sleepUntil: (time, signal) => bed.clock.sleepUntil(time, signal),
  },
})

if (existsSync(clockFile)) bed.clock.set(Number(readFileSync(clockFile, 'utf8')))
let batches = 0
const context = await StreamingContext.getOrCreate(bed.folder('dir'), () => {
  const running = define(each, bed, (records) =>
    appendFileSync(join(root, 'outputs.jsonl'), `${JSON.stringify(plain(records))}\n`),
  )
  batches = batchesOf(each, running.stream)
  return running.context
})
await bed.start(context)
for (const end = batches * each.batchIntervalMs!; bed.clock.now() < end;) {
  await bed.advance(each.batchIntervalMs!, context)
  writeFileSync(clockFile, String(bed.clock.now()))
}
await bed.through(context.stop(), () => context)
if (bed.errors.length > 0) console.error(bed.errors[0])
process.exit(bed.errors.length > 0 ? 1 : 0)
