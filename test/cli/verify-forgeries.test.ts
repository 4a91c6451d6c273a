import assert from 'node:assert/strict'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { verifyApp } from '../../lib/cli/verify-directory.ts'
import { encodeBlock, openBlock } from '../../lib/codec/block.ts'
import type { BlobRef } from '../../lib/model/refs.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'
import { type Build, runBatches } from '../support/run.ts'
import { assertSilent, SECRET, thrownBy } from '../support/secret.ts'
import { Forgery, isStored } from './forgery.ts'

const words = (batch: number): string[] => Array.from({ length: 400 }, (_, i) => `${SECRET} ${i} of ${batch}`)

const build: Build = (input) => {
  const pairs = input().map((word: string) => [word, 1] as [string, number])
  return {
    sums: pairs.updateStateByKey<number>((values, sum) => values.length + (sum ?? 0)),
    recent: pairs.window(3000),
    window: pairs.reduceByKeyAndWindow(
      (a, b) => a + b,
      (a, b) => a - b,
      3000,
    ),
  }
}

let original = ''
before(async (t) => {
  const dir = await temporaryFolder(t as never)
  const { errors } = await runBatches(build, [1, 2, 3, 4, 5].map(words), {
    dir,
    lives: [{ batches: 3 }, { batches: 2 }],
    conf: { 'sluice.keepBatches': '9' },
  })
  assert.deepEqual(errors, [])
  original = join(dir, 'test')
})

test('what the run has written is found good as it stands, objects and all', async () => {
  const { violation, batches, objects } = await verifyApp(original)
  assert.deepEqual([violation, batches], [null, 5])
  assert.ok(objects > 30, `${objects} objects`)
})

type Tamper = (forgery: Forgery) => unknown
const sums = (manifest: any): any =>
  manifest.state['updateStateByKey'] ??
  Object.entries<any>(manifest.state).find(([name]) => name.includes('updateStateByKey'))![1]
const source = (manifest: any): string => Object.keys(manifest.cuts)[0]
const output = (manifest: any): any[] => Object.values<any[]>(manifest.outputs)[0]

const cases: readonly [sentence: string, cause: string, what: RegExp, tamper: Tamper][] = [
  [
    'a record count above what the cut holds',
    'commit',
    /^batch 3 counts 401 records of ".*", but its cut holds 400$/,
    (f) =>
      f.remake(3, (m) => {
        m.records[source(m)]++
      }),
  ],
  [
    'records of a source that gave nothing',
    'commit',
    /^batch 3 counts 400 records of ".*", of which it has no cut$/,
    (f) =>
      f.remake(3, (m) => {
        m.cuts[source(m)] = null
      }),
  ],
  [
    'a record count of an output that its object does not hold',
    'commit',
    /^batch 4 counts \d+ records for partition 0 of output ".*", which holds \d+$/,
    (f) =>
      f.remake(4, (m) => {
        output(m)[0].records += 1
      }),
  ],
  [
    'a count of keys that the snapshot does not hold',
    'commit',
    /^state of .*: .* holds \d+ keys, the manifest says \d+$/,
    (f) =>
      f.remake(1, (m) => {
        sums(m).chains[0].blocks[0].keys -= 1
      }),
  ],
  [
    'the manifest of another batch',
    'commit',
    /^batch 3 was committed with the manifest .*\/2\/\w+\.json, which is not one of that batch$/,
    (f) => {
      f.write('commit', 3).head.manifest = f.refOf(2)
    },
  ],
  [
    'the content of another batch under the name of this one',
    'commit',
    /^the head says batch 3 at tick 3, its manifest batch 2 at tick 2$/,
    (f) => f.rename(3, f.put(f.refOf(3), f.bytes(f.refOf(2)))),
  ],
  [
    'two manifests that changed places',
    'commit',
    /^the head says batch 2 at tick 2, its manifest batch 3 at tick 3$/,
    (f) => {
      const [two, three] = [f.bytes(f.refOf(2)), f.bytes(f.refOf(3))]
      f.rename(2, f.put(f.refOf(2), three))
      f.rename(3, f.put(f.refOf(3), two))
    },
  ],
  [
    'a manifest with a name of its own',
    'commit',
    /^the manifest of batch 3 says that its name is other$/,
    (f) =>
      f.remake(3, (m) => {
        m.nonce = 'other'
      }),
  ],
  [
    'a manifest of another app',
    'commit',
    /is not a head: manifest names an object outside of its app$/,
    (f) => {
      f.write('commit', 3).head.manifest = { ...f.refOf(3), key: f.refOf(3).key.replace('test/', 'other/') }
    },
  ],
  [
    'an object of another app in a manifest',
    'commit',
    /^the manifest of batch 3 cannot be read: .* names an object outside of its app\.$/,
    (f) =>
      f.remake(3, (m) => {
        output(m)[0].ref.key = 'other/i1/out/x'
      }),
  ],
  [
    'a manifest without one of its fields',
    'commit',
    /^the manifest of batch 3 cannot be read: .* positions is not an object\.$/,
    (f) =>
      f.remake(3, (m) => {
        delete m.positions
      }),
  ],
  [
    'a manifest that builds on another',
    'commit',
    /^the manifest of batch 3 builds on other, but \w+ was committed before it$/,
    (f) =>
      f.remake(3, (m) => {
        m.base = 'other'
      }),
  ],
  [
    'a manifest that builds on nothing',
    'commit',
    /^the manifest of batch 3 builds on null, but/,
    (f) =>
      f.remake(3, (m) => {
        m.base = null
      }),
  ],
  [
    'a commit that is left out, all others numbered anew',
    'mark',
    /^outputs were marked up to batch 3 of 2$/,
    (f) => {
      f.writes.splice(f.writes.indexOf(f.write('commit', 3)), 1)
      f.renumber()
    },
  ],
  [
    'a batch that is left out, commit and mark',
    'commit',
    /^a commit moved from batch 1 to 3$/,
    (f) => {
      f.writes.splice(f.writes.indexOf(f.write('commit', 2)), 2)
      f.renumber()
    },
  ],
  [
    'two writes that changed places, numbered anew',
    'mark',
    /^outputs were marked up to batch 3 of 2$/,
    (f) => {
      const at = f.writes.indexOf(f.write('commit', 3))
      f.writes.splice(at, 2, f.writes[at + 1], f.writes[at])
      f.renumber()
    },
  ],
  [
    'a write that its writer appended twice',
    'commit',
    /^its writer appended it twice$/,
    (f) => {
      f.writes.splice(f.writes.indexOf(f.write('commit', 3)) + 1, 0, structuredClone(f.write('commit', 3)))
    },
  ],
  [
    'an epoch that goes back',
    'commit',
    /^epoch, batch or tick went back$/,
    (f) => {
      for (const { head, rev } of f.writes) if (rev >= f.write('commit', 4).rev) head.epoch = 1
    },
  ],
  [
    'an epoch that a commit raises',
    'mark',
    /^epoch, batch or tick went back$/,
    (f) => {
      f.write('commit', 2).head.epoch++
    },
  ],
  [
    'outputs that a commit marks',
    'commit',
    /^outDone changed$/,
    (f) => {
      f.write('commit', 3).head.outDone = 3
    },
  ],
  [
    'outputs of a batch to come',
    'mark',
    /^outputs of batch 9 are marked, but only 3 is committed$/,
    (f) => {
      f.write('mark', 3).head.outDone = 9
    },
  ],
  [
    'a floor that a commit raises',
    'commit',
    /^gcFloor changed$/,
    (f) => {
      f.write('commit', 3).head.gcFloor = 1
    },
  ],
  [
    'a debt that was never made',
    'mark',
    /^output "x" of batch 1 is owed, but that batch is not the one that was marked$/,
    (f) => {
      f.write('mark', 3).head.owed = [{ batch: 1, output: 'x', manifest: f.refOf(1) }]
    },
  ],
  [
    'a debt that a commit forgets',
    'commit',
    /^owed changed$/,
    (f) => {
      const owed = [{ batch: 2, output: Object.keys(f.manifest(2).outputs)[0], manifest: f.refOf(2) }]
      f.write('mark', 2).head.owed = owed
    },
  ],
  [
    'a batch interval that changes',
    'mark',
    /^the interval changed while the program ran$/,
    (f) => {
      f.write('mark', 2).head.intervalMs = 500
    },
  ],
  [
    'settings that a mark changes',
    'mark',
    /^conf changed$/,
    (f) => {
      f.write('mark', 2).head.conf = {}
    },
  ],
  [
    'a commit while nobody holds the app',
    'commit',
    /^committed while nobody held the app$/,
    (f) => {
      for (const { head } of f.writes) head.holder = null
    },
  ],
  [
    'a head that is none',
    'mark',
    /is not a head: committed is not a whole number/,
    (f) => {
      ;(f.write('mark', 2).head as any).committed = SECRET
    },
  ],
  [
    'a head of the future',
    'mark',
    /^it has format 2; this build reads format 1$/,
    (f) => {
      ;(f.write('mark', 2).head as any).format = 2
    },
  ],
  [
    "a batch time that is not its tick's",
    'commit',
    /^batch 3 has the time \d+, which is not that of tick 3$/,
    (f) =>
      f.remake(3, (m) => {
        m.time += 1000
      }),
  ],
  [
    'a batch of another graph',
    'commit',
    /^batch 3 was planned with the graph other, but the app had/,
    (f) =>
      f.remake(3, (m) => {
        m.graph = 'other'
      }),
  ],
  [
    'a position that is not that of the cut',
    'commit',
    /^the position of ".*" after batch 3 is not that of its cut$/,
    (f) =>
      f.remake(3, (m) => {
        m.cuts[source(m)].position = m.positions[source(m)]
        m.positions[source(m)] = 7
      }),
  ],
  [
    'a position that moves without a cut',
    'commit',
    /^the position of ".*" after batch 3 is not that of its cut$/,
    (f) =>
      f.remake(3, (m) => {
        m.cuts[source(m)] = null
        m.records = {}
      }),
  ],
  [
    'a source that is forgotten',
    'commit',
    /^the position of ".*" after batch 3 is not that of its cut$/,
    (f) =>
      f.remake(3, (m) => {
        m.positions = {}
        m.cuts = {}
        m.records = {}
      }),
  ],
  [
    'a snapshot in the place of the chain',
    'commit',
    /^state of .*: its blocks do not follow from those of batch 3$/,
    (f) =>
      f.remake(4, (m) => {
        sums(m).chains[0].blocks = sums(f.manifest(1)).chains[0].blocks
      }),
  ],
  [
    'a snapshot that is left out below its delta',
    'commit',
    /^state of .*: no block holds all keys of key group 0$/,
    (f) =>
      f.remake(2, (m) => {
        sums(m).chains[0].blocks.splice(0, 1)
      }),
  ],
  [
    'a block of an earlier batch under the number of the last',
    'commit',
    /^state of .*: .* stands for what batch 3 wrote$/,
    (f) =>
      f.remake(3, (m) => {
        const { blocks } = sums(m).chains[0]
        blocks.at(-1).ref = sums(f.manifest(2)).chains[0].blocks.at(-1).ref
      }),
  ],
  [
    'an output that shows what an earlier batch staged',
    'commit',
    /^output ".*" of batch 3 would show /,
    (f) =>
      f.remake(3, (m) => {
        output(m)[0].ref = output(f.manifest(2))[0].ref
        output(m)[0].records = output(f.manifest(2))[0].records
      }),
  ],
  [
    'a delta of another partition',
    'commit',
    /^state of .* holds keys that are not of its key groups, 0 to 127$/,
    (f) =>
      f.remake(5, (m) => {
        sums(m).chains[0].blocks.at(-1).ref = sums(m).chains[1].blocks.at(-1).ref
      }),
  ],
  [
    'key groups that nobody owns',
    'commit',
    /^state of .*: key groups 0 to 127 are missing$/,
    (f) =>
      f.remake(4, (m) => {
        sums(m).chains.shift()
      }),
  ],
  [
    'a pane that leaves the window too early',
    'commit',
    /its panes do not follow from those of batch 2$/,
    (f) =>
      f.remake(3, (m) => {
        Object.values<any>(m.state)
          .find(({ panes }) => panes)
          .panes[0].panes.splice(1, 1)
      }),
  ],
  [
    'kept records that are not those of before',
    'commit',
    /^the kept records of ".*" do not follow from those of batch 2$/,
    (f) =>
      f.remake(3, (m) => {
        Object.values<any>(m.retained)[0][0].parts.pop()
      }),
  ],
  [
    'a batch that is committed twice, all checksums and names recomputed',
    'commit',
    /^batch 4 reads from ".*" what batch 3 has read$/,
    (f) =>
      f.remake(4, (m) => {
        const three = f.manifest(3)
        m.cuts = three.cuts
        m.positions = three.positions
        for (const [operator, state] of Object.entries<any>(three.state)) m.state[operator] = state
        m.retained = three.retained
      }),
  ],
]

for (const [sentence, cause, what, tamper] of cases) {
  test(`verify finds ${sentence}`, async (t) => {
    const forgery = await Forgery.of(t, original)
    await tamper(forgery)
    const { violation } = await verifyApp(forgery.save())
    assert.match(violation?.what ?? 'nothing was found', what)
    assert.equal(violation!.cause, cause)
    assertSilent(JSON.stringify(violation))
  })
}

/** The first object of a kind that lies in a file. */
const objectOf = (f: Forgery, refs: (manifest: any) => readonly BlobRef[], batch: number): BlobRef =>
  refs(f.manifest(batch)).find((ref) => isStored(f.folder, ref))!
const kinds: readonly [kind: string, refs: (manifest: any) => readonly BlobRef[]][] = [
  ['state block', (m) => sums(m).chains.flatMap((chain: any) => chain.blocks.map((block: any) => block.ref))],
  [
    'pane',
    (m) =>
      Object.values<any>(m.state)
        .flatMap(({ panes }) => panes ?? [])
        .flatMap((list: any) => list.panes.map((pane: any) => pane.ref)),
  ],
  ['staged output', (m) => output(m).map(({ ref }) => ref)],
  ['kept batch', (m) => Object.values<any>(m.retained)[0].flatMap(({ parts }: any) => parts)],
]

for (const [kind, refs] of kinds) {
  for (const batch of [3, 5]) {
    test(`verify finds a ${kind} of batch ${batch} that was cut off, changed, or replaced by another`, async (t) => {
      for (const [change, what] of [
        [
          (path: string) => truncateSync(path, 100),
          /is not what was written: (100 of \d+ bytes|it ends before its byte \d+)/,
        ],
        [
          (path: string) => {
            const bytes = readFileSync(path)
            bytes[50] ^= 1
            writeFileSync(path, bytes)
          },
          /is not what was written: .* checksum differs/,
        ],
        [
          (path: string) => writeFileSync(path, encodeBlock([{ section: 0, columns: [[SECRET]], count: 1 }])),
          /is not what was written/,
        ],
      ] as const) {
        const forgery = await Forgery.of(t, original)
        change(forgery.path(objectOf(forgery, refs, batch)))
        const { violation } = await verifyApp(forgery.folder)
        assert.match(violation?.what ?? 'nothing was found', /^batch \d needs an object that cannot be read: /)
        assert.match(violation!.what, what)
        assertSilent(JSON.stringify(violation))
      }
    })
  }
}

test('verify finds a state block with other keys under references that were made to fit', async (t) => {
  const forgery = await Forgery.of(t, original)
  const [first] = sums(forgery.manifest(1)).chains[0].blocks
  const block = openBlock(forgery.bytes(first.ref), 'state')
  const { section, count } = block.entries[0]
  const other = block.entries.map((entry) => ({
    section: entry.section,
    columns: block.read(entry.section),
    count: entry.count,
  }))
  other[0] = {
    section,
    count,
    columns: [Array.from({ length: count }, (_, i) => `${SECRET} other ${i}`), other[0].columns[1]],
  }
  const forged = forgery.put(first.ref, encodeBlock(other))
  for (const batch of [1, 2, 3, 4, 5])
    forgery.remake(batch, (m) => {
      sums(m).chains[0].blocks[0].ref = forged
    })
  const { violation } = await verifyApp(forgery.save())
  assert.match(violation?.what ?? 'nothing was found', /holds keys that are not of its key groups, 0 to 127$/)
  assertSilent(JSON.stringify(violation))
})

test('verify finds a write whose text was changed and its checksum was not', async (t) => {
  const forgery = await Forgery.of(t, original)
  const last = readFileSync(forgery.log, 'latin1')
  writeFileSync(forgery.log, last.replace(/"cause":"release"(?!.*"cause":"release")/s, '"cause":"reLease"'), 'latin1')
  const { violation, ...checked } = await verifyApp(forgery.folder)
  assert.equal(violation?.what, 'its checksum does not fit what it says')
  // No program would go on from such a log, and nothing behind it is looked at.
  assert.deepEqual(checked, { writes: 0, batches: 0, objects: 0, swept: 0 })
})

test('verify finds a write that is gone from the middle of the log, and one that was moved', async (t) => {
  for (const change of [
    (lines: string[]) => lines.splice(9, 1),
    (lines: string[]) => lines.splice(9, 2, lines[10], lines[9]),
  ]) {
    const forgery = await Forgery.of(t, original)
    const lines = readFileSync(forgery.log, 'latin1')
      .split('\n')
      .filter((line) => line !== '')
    change(lines)
    writeFileSync(forgery.log, lines.map((line) => `\n${line}\n`).join(''), 'latin1')
    const error = (await thrownBy(() => verifyApp(forgery.folder))) as { code: string; message: string }
    assert.equal(error.code, 'E_HEAD_CORRUPT')
    assert.match(error.message, /lacks revision \d+ before revision \d+\.$/)
  }
})

test('verify finds a log that does not begin where the one before it ended', async (t) => {
  const forgery = await Forgery.of(t, original)
  const opening = readFileSync(forgery.log)
  writeFileSync(join(forgery.folder, 'head-2.log'), opening)
  const { violation } = await verifyApp(forgery.folder)
  assert.equal(violation?.what, 'log 2 does not begin where the one before it ended')
})
