import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundled, functions, handlers, ownBytes } from '../../infra/function-bundle.ts'

// What a process that stays is made of: its engine, directories for head and blobs, sockets, threads, other programs.
const RESIDENT = /^lib\/(hosts\/embedded|adapters\/files|cli|testing|simulator)\/|\/(head|blob)-directory\.ts$|socket-r/
const RESIDENT_PARTS = ['node:child_process', 'node:worker_threads', 'node:cluster', 'node:dgram', 'node:http']

const HANDED_IN = 'leave its import to lib/hosts, which hand it in where a process stays'

for (const [name, entry] of entriesOf(functions))
  test(`the bundle of the ${name} function holds nothing of a process that stays`, async () => {
    const { inputs } = await bundled(name, entry)
    const parts = Object.values(inputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    assert.deepEqual(
      Object.keys(inputs).filter((path) => RESIDENT.test(path)),
      [],
      HANDED_IN,
    )
    assert.deepEqual(
      parts.filter((part) => RESIDENT_PARTS.includes(part)),
      [],
      HANDED_IN,
    )
  })

/** Bytes of the library that a function reads when it starts, minified. Without a program, its handler alone. */
const LIMITS = {
  'without a program': { of: handlers, most: { coordinator: 150_000, task: 150_000, output: 150_000, gc: 50_000 } },
  'with the word count': { of: functions, most: { task: 279_750, output: 270_250 } },
} as const
/** The entry, what the handler needs, and what the program shares with parts. A file costs half a millisecond. */
const FILES_MAX = 5

for (const [how, { of, most }] of entriesOf(LIMITS))
  for (const [name, limit] of entriesOf(most))
    test(`${how}, the ${name} function starts with at most ${limit} bytes of the library`, async (t) => {
      const { atStart, filesAtStart, inAll } = ownBytes(await bundled(name, of[name]), of[name])
      t.diagnostic(`${name}: ${atStart} bytes of the library at the start, in ${filesAtStart} files, ${inAll} in all`)
      assert.ok(
        atStart <= limit,
        `${atStart} bytes: load what a start does not need with await import(…) where it is used`,
      )
      assert.ok(filesAtStart <= FILES_MAX, `${filesAtStart} files: see lib/hosts/serverless/start-file.ts`)
    })

function entriesOf<T extends object>(of: T): [keyof T, T[keyof T]][] {
  return Object.entries(of) as [keyof T, T[keyof T]][]
}
