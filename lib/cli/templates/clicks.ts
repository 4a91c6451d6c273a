import { lines, type Template } from './template.ts'

/** A source that makes up clicks: input for programs that have none yet. */
export const demoClicks = lines`
  import type { Source } from 'sluice'

  export interface Click {
    readonly page: string
    readonly user: string
  }

  const pages = ['/', '/', '/', '/cart', '/cart', '/help', '/news'] as const

  /** Looks random, and is the same for the same number: a batch that is read again must be the same batch. */
  const scramble = (n: number): number => (Math.imul(n ^ (n >>> 15), 0x2c1b3c6d) ^ (n << 7)) >>> 0

  const clickNumber = (n: number): Click => ({
    page: pages[scramble(n) % pages.length] ?? '/',
    user: 'u' + (scramble(n + 1) % 50),
  })

  /** About 400 clicks per batch. The position is the number of clicks so far. */
  export const demoClicks: Source<Click> = {
    name: 'demo generator',
    async cut({ position }) {
      const from = Number(position ?? 0)
      const to = from + 380 + (scramble(from) % 40)
      return { position: to, splits: [[from, to]], records: to - from }
    },
    read(split) {
      const [from, to] = split as [number, number]
      return [Array.from({ length: to - from }, (_, i) => clickNumber(from + i))]
    },
  }
`

/** Counts of the last ten seconds and since the start, of clicks that it makes up. */
export const clicks: Template = {
  about: 'counts clicks per page, of the last ten seconds and since the start',
  hints: ['`src/demo.ts` makes up the clicks: put a source of yours in its place.'],
  files: (name) => [
    { path: 'src/app.ts', text: program(name), about: 'the pipeline' },
    { path: 'src/app.test.ts', text: test, about: 'a test with a virtual clock' },
    { path: 'src/demo.ts', text: demoClicks, about: 'a source that makes up clicks, until you have one' },
  ],
}

const program = (name: string): string => lines`
  import { app, seconds } from 'sluice'
  import { demoClicks } from './demo.ts'

  // Counts clicks per page: of the last ten seconds, and since the start.
  export default app('${name}', seconds(2), (ssc) => {
    const clicks = ssc.source('clicks', demoClicks)
    const ones = clicks.map((click) => [click.page, 1])

    ones.reduceByKeyAndWindow((a, b) => a + b, seconds(10)).print()

    ones
      .updateStateByKey<number>((added: readonly number[], before = 0) => added.reduce((a, b) => a + b, before))
      .foreachRDD((totals) => console.log('since the start:', totals.collect()))
  })
`

const test = lines`
  import assert from 'node:assert/strict'
  import { test } from 'node:test'
  import { testApp } from 'sluice/testing'
  import clicks from './app.ts'

  test('a page counts for ten seconds', async () => {
    await using t = await testApp(clicks)
    t.source('clicks').add({ page: '/help', user: 'ann' })
    for (let batch = 1; batch <= 6; batch++) await t.runBatch()
    const shown = t.printed.split('/help').length - 1
    assert.equal(shown, 5, 'in five batches of two seconds, and not in the sixth')
  })
`
