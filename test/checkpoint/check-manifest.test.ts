import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodePanes } from '../../lib/checkpoint/check-manifest.ts'
import { readManifest } from '../../lib/checkpoint/manifest.ts'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import type { Manifest } from '../../lib/model/manifest.ts'
import { withSeeds } from '../support/dice.ts'
import { assertRefusal, SECRET, thrownBy } from '../support/secret.ts'
import { fullManifest, ref, stored } from './manifests.ts'

const read = async (content: string): Promise<Manifest> => readManifest(new MemoryBlobStore(), stored(content).ref)
const refusal = async (content: string): Promise<unknown> => thrownBy(() => read(content))

/** The paths to everything in a value. */
function* pathsIn(value: unknown, path: readonly (string | number)[] = []): Iterable<readonly (string | number)[]> {
  if (path.length > 0) yield path
  if (typeof value !== 'object' || value === null) return
  for (const name of Object.keys(value))
    yield* pathsIn((value as Record<string, unknown>)[name], [...path, Array.isArray(value) ? Number(name) : name])
}

function changed(path: readonly (string | number)[], change: (holder: any, name: string | number) => void): string {
  const copy = structuredClone(fullManifest())
  change(
    path.slice(0, -1).reduce((value: any, name) => value[name], copy),
    path.at(-1)!,
  )
  return JSON.stringify(copy)
}

/** Fields that may be left out. */
const OPTIONAL = ['packs', 'panes', 'slideTime', 'version', 'description', 'facts', 'change', 'skip', 'deadLetters']

/** What a source or an older build may leave out or fill as it likes. */
const isFree = (path: readonly (string | number)[]): boolean => {
  const [top, , field] = path
  return top === 'positions' || (top === 'cuts' && ['position', 'splits', 'description'].includes(String(field)))
}

test('a manifest of this build is read as it was written', async () => {
  assert.deepEqual(await read(JSON.stringify(fullManifest())), fullManifest())
})

test('B46: a manifest that lacks any of its fields is refused, with the field and the object', async () => {
  for (const path of pathsIn(fullManifest())) {
    const holder = path.slice(0, -1).reduce((value: any, name) => value[name], fullManifest())
    const isOptional = [
      'packs',
      'panes',
      'slideTime',
      'version',
      'description',
      'facts',
      'change',
      'skip',
      'deadLetters',
    ].includes(String(path.at(-1)))
    const isEntry =
      Array.isArray(holder) ||
      ['cuts', 'positions', 'actions', 'state', 'retained', 'outputs', 'records', 'moved', 'skip', 'open'].includes(
        String(path.at(-2)),
      ) ||
      path[0] === 'skip'
    if (isOptional || isEntry || isFree(path.slice(0, -1)) || path[0] === 'positions') continue
    if (path[0] === 'cuts' && path.length > 3) continue
    const error = assertRefusal(
      await refusal(
        changed(path, (at, name) => {
          delete at[name]
        }),
      ),
      'E_MANIFEST_CORRUPT',
      /^Manifest test\/i1\/man\/00\/2\/n2\.json is not one: /,
    )
    assert.ok(error.message.includes(String(path.at(-1))), `${error.message} names ${path.join('.')}`)
    assert.equal(error.where.detail, 'test/i1/man/00/2/n2.json')
  }
})

test('B46: a value of another kind, in any place, is refused by its path and never shown', async () => {
  let refused = 0
  for (const path of pathsIn(fullManifest())) {
    if (isFree(path)) continue
    for (const value of [SECRET, [SECRET], { [SECRET]: 1 }, -1, 1.5, true]) {
      const content = changed(path, (at, name) => {
        at[name] = value
      })
      const found = await read(content).then(
        () => null,
        (error: unknown) => error,
      )
      if (found === null) continue
      const error = found as { code: string; message: string }
      assert.match(error.code, /^E_(MANIFEST_CORRUPT|MANIFEST_FORMAT|REF_SCOPE)$/, path.join('.'))
      if (!JSON.stringify(Object.keys(Object(value))).includes(SECRET)) assertRefusal(error, error.code)
      refused++
    }
  }
  assert.ok(refused > 200, `${refused} refused`)
})

test('B46: a format of the future is refused with both formats, whatever else it holds', async () => {
  assertRefusal(
    await refusal(`{"format":7,"text":"${SECRET}"}`),
    'E_MANIFEST_FORMAT',
    /has format 7; this build reads formats 1 and 2\.$/,
  )
})

test('B46: what is not JSON, or no object, is refused without a quotation', async () => {
  for (const content of [SECRET, `{"format":1,"batch":"${SECRET}`, '', 'null', '[]', `"${SECRET}"`, '1'])
    assertRefusal(await refusal(content), 'E_MANIFEST_CORRUPT')
})

test(
  'B46: an object of another kind in the place of one, a version 0, or numbers that do not rise are ' + 'refused',
  async () => {
    const [facts, letters, block, output] = ['graph/9e/1/g.json', 'dlq/9e/1/d', 'st/s', 'out/0'].map(ref)
    const { state } = fullManifest()
    const forged: readonly (readonly [Partial<Manifest>, RegExp])[] = [
      [{ facts: block }, /facts names an object that is no graph\.$/],
      [
        { deadLetters: [{ batch: 1, open: {}, ref: output }] },
        /deadLetters\[0\]\.ref names an object that is no dead-letters/,
      ],
      [{ retained: { lines: [{ time: 1, parts: [letters] }] } }, /parts\[0\] names an object that is no state\.$/],
      [{ outputs: { print: [{ partition: 0, records: 1, ref: facts }] } }, /ref names an object that is no output\.$/],
      [{ skip: { lines: { a: [1, 1] } } }, /skip\["lines"\]\["a"\] does not rise\.$/],
      [{ skip: 'nonsense' as never }, /skip is not an object\.$/],
      [{ change: { moved: { a: 1 as never }, dropped: [] } }, /change\.moved\["a"\] is not a text\.$/],
      [{ state: { sums: { ...state.sums, version: 0 } } }, /state\["sums"\]\.version is not a version\.$/],
    ]
    for (const [change, words] of forged)
      assertRefusal(await refusal(JSON.stringify(fullManifest(change))), 'E_MANIFEST_CORRUPT', words)
  },
)

test('B46: what a field may just hold is read, and what is one beyond it is refused', async () => {
  const { state, packs, deadLetters } = fullManifest()
  const letters = deadLetters![0]
  const withFacts = (changes: object): Partial<Manifest> => ({ facts: { ...ref('graph/9e/1/g.json'), ...changes } })
  const read_: readonly Partial<Manifest>[] = [
    withFacts({ crc: 2 ** 32 - 1, len: 0, at: 0, unwritten: true }),
    { deadLetters: [{ ...letters, undecoded: true }] },
    { deadLetters: [{ ...letters, ofOutput: true }] },
    { skip: { lines: { a: [0, 1, 5] } } },
    { packs: [{ ...packs![0], from: 255, to: 256 }] },
    { state: { sums: { ...state['sums'], version: 1, slideTime: -1000 } } },
    {
      wrote: 0,
      beforeCommit: ['print'],
      rates: { lines: { rate: null, latest: { time: 1, rate: 0.5, error: -0.5 } } },
    },
  ]
  for (const changes of read_)
    assert.deepEqual(await read(JSON.stringify(fullManifest(changes))), fullManifest(changes), JSON.stringify(changes))
  const refused: readonly (readonly [Partial<Manifest>, RegExp])[] = [
    [withFacts({ crc: 2 ** 32 }), /facts\.crc/],
    [withFacts({ crc: -1 }), /facts\.crc/],
    [withFacts({ at: -1 }), /facts\.at/],
    [{ deadLetters: [{ ...letters, undecoded: false as never }] }, /deadLetters\[0\]\.undecoded/],
    [{ deadLetters: [{ ...letters, ofOutput: false as never }] }, /deadLetters\[0\]\.ofOutput/],
    [{ skip: { lines: { a: [1, 0] } } }, /does not rise/],
    [{ packs: [{ ...packs![0], to: 257 }] }, /packs\[0\]\.to/],
    [{ state: { sums: { chains: [{ from: 5, to: 5, keys: 0, blocks: [] }] } } }, /is an empty range/],
    [{ state: { sums: { chains: [], panes: [{ from: 5, to: 5, panes: [] }] } } }, /is an empty range/],
    [{ rates: { lines: { rate: 'fast' as never, latest: null } } }, /rates\["lines"\]\.rate/],
    [{ rates: { lines: { rate: 1, latest: { time: 1, rate: 1 } as never } } }, /latest\.error/],
  ]
  for (const [changes, words] of refused)
    assertRefusal(await refusal(JSON.stringify(fullManifest(changes))), 'E_MANIFEST_CORRUPT', words)
})

test('B46: groups that a block holds whole are ranges of key groups that are not empty', async () => {
  const { ref: object } = fullManifest().state['sums'].chains[0].blocks[0]
  const withWhole = (whole: unknown): Partial<Manifest> => {
    const block = { kind: 'delta' as const, batch: 1, ref: object, keys: 1, whole: whole as [number, number][] }
    return { state: { sums: { chains: [{ from: 0, to: 256, keys: 1, blocks: [block] }] } } }
  }
  for (const whole of [[[0, 1]], [[255, 256]], []])
    assert.deepEqual(await read(JSON.stringify(fullManifest(withWhole(whole)))), fullManifest(withWhole(whole)))
  for (const whole of [[[1, 1]], [[2, 1]], [[0, 257]], [[0]], [[0, 1, 2]], [0, 1]])
    assertRefusal(await refusal(JSON.stringify(fullManifest(withWhole(whole)))), 'E_MANIFEST_CORRUPT', /whole\[0\]/)
})

test('B46: a split of dead letters names letters of the app, and a cut goes on from somewhere', async () => {
  const withCut = (changes: object): string => {
    const { cuts } = fullManifest()
    return JSON.stringify(fullManifest({ cuts: { ...cuts, lines: { ...cuts['lines']!, ...changes } } }))
  }
  const split = (key: string, ids: unknown = ['1-1']) => ({ 'sluice.deadLetters': { ref: { ...ref('x'), key }, ids } })
  const own = ref('dlq/9e/1/d').key
  assert.deepEqual((await read(withCut({ splits: [split(own)] }))).cuts['lines']!.splits, [split(own)])
  assertRefusal(await refusal(withCut({ splits: [split('other/i1/dlq/9e/1/d')] })), 'E_REF_SCOPE')
  assertRefusal(await refusal(withCut({ splits: [split(ref('st/s').key)] })), 'E_MANIFEST_CORRUPT')
  assertRefusal(await refusal(withCut({ splits: [split(own, [1])] })), 'E_MANIFEST_CORRUPT')
  const { lines } = fullManifest().cuts
  const { position: _its, ...without } = lines!
  const stored_ = (positions: object, format: number): string =>
    JSON.stringify({ ...fullManifest(), format, cuts: { lines: without }, positions })
  assert.deepEqual((await read(stored_({ lines: { taken: 9 } }, 2))).cuts['lines']!.position, { taken: 9 })
  assertRefusal(await refusal(stored_({}, 2)), 'E_MANIFEST_CORRUPT', /has a cut without a position/)
  assertRefusal(await refusal(stored_({ lines: 1 }, 1)), 'E_MANIFEST_CORRUPT', /position/)
})

test('B46: names that every object has are no names of operators, sources or outputs', async () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
  for (const field of ['cuts', 'positions', 'actions', 'state', 'retained', 'outputs', 'records']) {
    for (const name of names) {
      const content = JSON.stringify(fullManifest()).replace(`"${field}":{`, `"${field}":{"${name}":{"polluted":true},`)
      assertRefusal(
        await refusal(content),
        'E_MANIFEST_CORRUPT',
        new RegExp(`is not one: ${field}\\["${name}"\\] is a name that every object has\\.$`),
      )
    }
  }
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('B46: a reference to another app, to another incarnation, or out of the store is E_REF_SCOPE', async () => {
  const keys = [
    'other/i1/st/s',
    'test/i2/st/s',
    '../test/i1/st/s',
    'test/i1/../../etc/passwd',
    'test/i1/./s',
    'test/i1//s',
    '/etc/passwd',
    'test/i1',
    'test/i1/',
    '',
  ]
  for (const path of pathsIn(fullManifest())) {
    if (path.at(-1) !== 'key') continue
    for (const key of keys) {
      const error = assertRefusal(
        await refusal(
          changed(path, (at, name) => {
            at[name] = key
          }),
        ),
        'E_REF_SCOPE',
      )
      assert.ok(
        error.message.includes(String(path[0])) && error.message.endsWith(' names an object outside of its app.'),
        error.message,
      )
    }
  }
})

test('B46: of a million references each is looked at', async () => {
  const parts = Array.from({ length: 1_000_000 }, () => ref('st/r'))
  const million = (last: string): string =>
    JSON.stringify(fullManifest({ retained: { lines: [{ time: 1000, parts: [...parts, ref(last)] }] } }))
  assert.equal((await read(million('st/r'))).retained['lines'][0].parts.length, 1_000_001)
  assertRefusal(
    await refusal(million('../x')),
    'E_REF_SCOPE',
    /retained\["lines"\]\[0\]\.parts\[1000000\] names an object outside of its app\.$/,
  )
})

test('B45: a pack of panes that is not one is refused, and one that names foreign objects', () => {
  const { ref: pack } = stored('')
  const panes = [{ time: 1000, ref: ref('st/p') }]
  assert.deepEqual(decodePanes(Buffer.from(JSON.stringify(panes)), pack), panes)
  for (const content of ['', SECRET, '{}', `[{"time":"${SECRET}"}]`, '[{"time":1}]', '[null]']) {
    assert.throws(
      () => decodePanes(Buffer.from(content), pack),
      (error) => Boolean(assertRefusal(error, 'E_MANIFEST_CORRUPT')),
    )
  }
  assert.throws(
    () => decodePanes(Buffer.from(JSON.stringify([{ time: 1, ref: { ...ref('x'), key: 'other/i1/x' } }])), pack),
    { code: 'E_REF_SCOPE' },
  )
})

test(
  'B45: a manifest whose bytes were damaged, spliced or cut is the same or refused, also under a ' +
    'matching checksum',
  (t) =>
    withSeeds(t, 400, async (dice) => {
      const content = Buffer.from(JSON.stringify(fullManifest()))
      const at = dice.below(content.length)
      const damaged = dice.oneOf([
        () => content.subarray(0, at),
        () => Buffer.concat([content.subarray(0, at), content.subarray(dice.below(content.length))]),
        () => {
          const copy = Buffer.from(content)
          copy[at] ^= 1 << dice.below(8)
          return copy
        },
        () => {
          const copy = Buffer.from(content)
          copy[at] = dice.below(256)
          return copy
        },
      ])()
      const { ref: forged } = stored('')
      try {
        // What is read has every field in its place, whatever a flipped digit made of it.
        const manifest = await read(damaged.toString('latin1'))
        for (const field of Object.keys(fullManifest()))
          if (!OPTIONAL.includes(field)) assert.ok(Object.hasOwn(manifest, field), field)
      } catch (error) {
        assert.match((error as { code: string }).code, /^E_(MANIFEST_|REF_SCOPE)/)
      }
      if (damaged.equals(content)) return
      await assert.rejects(
        readManifest(new MemoryBlobStore(), {
          ...forged,
          len: content.length,
          crc: stored(content.toString()).ref.crc,
          inline: damaged.toString('base64'),
        }),
        { code: 'E_BLOB_CORRUPT' },
      )
    }),
)
