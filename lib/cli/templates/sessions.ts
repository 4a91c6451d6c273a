import { demoClicks } from './clicks.ts'
import { lines, type Template } from './template.ts'

/** State per user that ends by itself. */
export const sessions: Template = {
  about: 'follows each user, and tells what a session came to once it is over',
  hints: ['`src/demo.ts` makes up the clicks of fifty users; a session ends after four seconds without one.'],
  files: (name) => [
    { path: 'src/app.ts', text: program(name), about: 'the pipeline' },
    { path: 'src/app.test.ts', text: test, about: 'a test with a virtual clock' },
    { path: 'src/demo.ts', text: fewerClicks, about: 'a source that makes up clicks, until you have one' },
  ],
}

/** So few that users come and go. */
const fewerClicks = demoClicks
  .replace('About 400 clicks', 'About ten clicks')
  .replace('from + 380 + (scramble(from) % 40)', 'from + 5 + (scramble(from) % 10)')

const program = (name: string): string => lines`
  import { app, seconds, type State, StateSpec } from 'sluice'
  import { demoClicks } from './demo.ts'

  interface Session {
    readonly pages: number
    readonly last: string
  }

  // Called for every click, and once more for a user who has not been seen for four seconds.
  function follow(user: string, page: string | undefined, session: State<Session>): string | null {
    if (page !== undefined) {
      session.update({ pages: (session.getOption()?.pages ?? 0) + 1, last: page })
      return null
    }
    const { pages, last } = session.get()
    return user + ' left at ' + last + ' after ' + pages + (pages === 1 ? ' page' : ' pages')
  }

  export default app('${name}', seconds(1), (ssc) => {
    const spec = StateSpec.function(follow, { timeoutCheck: 'everyBatch' }).timeout(seconds(4))

    ssc
      .source('clicks', demoClicks)
      .map((click) => [click.user, click.page])
      .mapWithState(spec)
      .filter((ended) => ended !== null)
      .print()
  })
`

const test = lines`
  import assert from 'node:assert/strict'
  import { test } from 'node:test'
  import { seconds } from 'sluice'
  import { testApp } from 'sluice/testing'
  import sessions from './app.ts'

  test('a session ends when its user has been away, and is told once', async () => {
    await using t = await testApp(sessions)
    t.source('clicks').addAll([{ page: '/', user: 'ann' }, { page: '/cart', user: 'ann' }])
    await t.advance(seconds(20))
    assert.equal(t.printed.split('ann left at /cart after 2 pages').length - 1, 1)
  })
`
