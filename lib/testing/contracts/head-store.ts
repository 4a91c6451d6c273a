import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { HeadStore } from '../../host/head-store.ts'

/** A register that nobody has written to, as several processes would see it. */
export interface HeadRegister {
  /** Another connection to the same register. A store without connections returns itself. */
  connect(): Promise<HeadStore<unknown>>
}

/**
 * What every head store has to hold. `create` makes a register of its own for each test and cleans up through
 * `t.after`.
 */
export const headStoreContract = (name: string, create: (t: TestContext) => Promise<HeadRegister>): void => {
  const promise = (title: string, body: (register: HeadRegister) => Promise<void>): void => {
    test(`${name}: ${title}`, async (t) => body(await create(t)))
  }

  promise('a register nobody wrote to holds nothing', async (register) => {
    assert.equal(await (await register.connect()).read(), null)
  })

  promise('a write is read at once, here and elsewhere', async (register) => {
    const [here, elsewhere] = [await register.connect(), await register.connect()]
    for (let rev = 1; rev <= 5; rev++) {
      assert.equal(await here.cas(rev - 1, { batch: rev }, 'commit'), 'written')
      assert.deepEqual(await here.read(), { rev, value: { batch: rev } })
      assert.deepEqual(await elsewhere.read(), { rev, value: { batch: rev } })
    }
  })

  promise('a write on an old revision, or on one to come, is refused and changes nothing', async (register) => {
    const head = await register.connect()
    assert.equal(await head.cas(1, 'too early', 'plan'), 'refused')
    assert.equal(await head.read(), null)
    await head.cas(0, 'first', 'plan')
    await head.cas(1, 'second', 'plan')
    for (const expected of [0, 1, 3]) assert.equal(await head.cas(expected, 'wrong', 'plan'), 'refused')
    assert.deepEqual(await head.read(), { rev: 2, value: 'second' })
  })

  promise(
    'a value is nobody’s object: changing it after writing or reading changes nothing in the register',
    async (register) => {
      const head = await register.connect()
      const mine = { sealed: [1] }
      await head.cas(0, mine, 'plan')
      mine.sealed.push(2)
      const read = (await head.read())?.value as { sealed: number[] }
      assert.deepEqual(read, { sealed: [1] })
      read.sealed.push(3)
      assert.deepEqual((await head.read())?.value, { sealed: [1] })
    },
  )

  promise('any JSON comes back as it went in, whatever is in the strings', async (register) => {
    const head = await register.connect()
    const values = [
      { 'a\n"b"': ',"value":{}' },
      [],
      0,
      'Grüße \u2028 𝄞 \0',
      { nested: { list: [null, true, -1.5] } },
      'x'.repeat(60_000),
    ]
    for (const [rev, value] of values.entries()) {
      assert.equal(await head.cas(rev, value, 'a "cause"\n,"value":'), 'written')
      assert.deepEqual(await head.read(), { rev: rev + 1, value })
    }
  })

  promise(
    'of twenty writers on one revision exactly one wins, for thirty revisions, and all see the winner',
    async (register) => {
      const writers = await Promise.all(Array.from({ length: 20 }, () => register.connect()))
      for (let rev = 1; rev <= 30; rev++) {
        const answers = await Promise.all(writers.map((head, writer) => head.cas(rev - 1, { writer }, 'race')))
        const winners = [...answers.keys()].filter((writer) => answers[writer] === 'written')
        assert.equal(winners.length, 1, `revision ${rev} was won by [${winners.join()}]`)
        const seen = await Promise.all(writers.map((head) => head.read()))
        for (const versioned of seen) assert.deepEqual(versioned, { rev, value: { writer: winners[0] } })
      }
    },
  )

  promise(
    'twenty writers who read and write as they like leave no revision out and never share one',
    async (register) => {
      const writers = await Promise.all(Array.from({ length: 20 }, () => register.connect()))
      const wonBy = new Map<number, number>()
      await Promise.all(
        writers.map(async (head, writer) => {
          for (let round = 0; round < 10; round++) {
            const rev = (await head.read())?.rev ?? 0
            if ((await head.cas(rev, { writer }, 'race')) === 'refused') continue
            assert.ok(!wonBy.has(rev + 1), `revision ${rev + 1} was won twice`)
            wonBy.set(rev + 1, writer)
          }
        }),
      )
      assert.deepEqual(
        [...wonBy.keys()].sort(ascending),
        Array.from({ length: wonBy.size }, (_, i) => i + 1),
      )
      assert.deepEqual(await (await register.connect()).read(), {
        rev: wonBy.size,
        value: { writer: wonBy.get(wonBy.size) },
      })
    },
  )
}

const ascending = (a: number, b: number): number => a - b
