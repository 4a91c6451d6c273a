import { FileCutter, type FilePosition, type Listing } from '../../lib/source/file-cut.ts'
import { wholeFile } from '../../lib/source/file-splits.ts'
import { memoryIo } from '../../lib/testing/contracts/source.ts'
import { objectOf } from './scripted-lister.ts'

/** Run by a test as a process of its own: reads a million objects by name, and says what that took. */
const OBJECTS = 1_000_000
const PAGE = 1000
const nameOf = (i: number): string => `s3://bucket/in/${String(i).padStart(9, '0')}`
const indexOf = (name: string): number => Number(name.slice(-9))

let lists = 0
/** Numbers of ten objects that come when greater ones have been read. */
let lateOnes: readonly number[] = []

const lister = {
  forgets: true,
  async *pages(_directory: string, after: string): AsyncGenerator<Listing> {
    const skipped = new Set(lateOnes.length > 0 ? [] : LATE)
    for (let at = after === '' ? 0 : indexOf(after) + 1; ; at += PAGE) {
      lists++
      const count = Math.min(PAGE, OBJECTS + LATE.length - at)
      const numbers = Array.from({ length: Math.max(0, count) }, (_, i) => at + i).filter((i) => !skipped.has(i))
      const last = at + count - 1
      yield {
        files: numbers.map((i) => objectOf(nameOf(i))),
        more: last + 1 < OBJECTS + LATE.length,
        ...(count > 0 ? { last: nameOf(last) } : {}),
      }
      if (last + 1 >= OBJECTS + LATE.length) return
    }
  },
} as const
const LATE = Array.from({ length: 10 }, (_, i) => 50_000 * (i + 1))

const io = memoryIo()
const cutter = new FileCutter('in', lister, { select: 'seen', order: 'names', relistMs: 1 }, (file) => [
  wholeFile(file),
])
const found = { taken: 0, late: 0, lists: 0, positionBytes: 0, heldMb: 0 }
let position: FilePosition | null = null

async function batch(time: number): Promise<number> {
  lists = 0
  const cut = await cutter.cut({ time, intervalMs: 1000, zeroTime: 0, position, limit: null, io })
  const text = JSON.stringify(cut.position)
  position = JSON.parse(text) as FilePosition
  await cutter.committed(position, io)
  found.taken += cut.splits.length
  found.lists = Math.max(found.lists, lists)
  found.positionBytes = Math.max(found.positionBytes, text.length)
  found.heldMb = Math.max(found.heldMb, Math.round(process.memoryUsage().arrayBuffers / 2 ** 20))
  return cut.splits.length
}

let time = 1000
while ((await batch(time)) > 0) time += 1000
lateOnes = LATE
for (let i = 0; i < 300; i++) {
  time += 1000
  found.late += await batch(time)
}
process.stdout.write(JSON.stringify(found))
