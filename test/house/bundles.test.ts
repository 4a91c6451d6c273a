import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundled, ownBytes } from '../../infra/function-bundle.ts'

// What a process that stays is made of: its engine, directories for head and blobs, sockets, threads, other programs.
const RESIDENT = /^lib\/(hosts\/embedded|adapters\/files|cli|testing|simulator)\/|\/(head|blob)-directory\.ts$|socket-r/
const RESIDENT_PARTS = ['node:child_process', 'node:worker_threads', 'node:cluster', 'node:dgram', 'node:http']

const HANDED_IN = 'leave its import to lib/hosts, which hand it in where a process stays'

for (const name of ['coordinator', 'task', 'output', 'gc'])
  test(`the bundle of the ${name} function holds nothing of a process that stays`, async () => {
    const { inputs } = await bundled(`functions/${name}.ts`)
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

/** Bytes of the library that a function reads when it starts, minified. */
const LIMITS = { coordinator: 140_000, task: 300_000, output: 297_000, gc: 50_000 }

for (const [name, limit] of Object.entries(LIMITS))
  test(`the ${name} function starts with at most ${limit} bytes of the library`, async (t) => {
    const { atStart, inAll } = ownBytes(await bundled(`functions/${name}.ts`))
    t.diagnostic(`${name}: ${atStart} bytes of the library at the start, ${inAll} in all`)
    assert.ok(
      atStart <= limit,
      `${atStart} bytes: load what a start does not need with await import(…) where it is used`,
    )
  })
