import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Log } from '../../lib/host/log.ts'
import type { EngineEvent } from '../../lib/model/events.ts'
import { LeftOut } from '../../lib/source/left-out.ts'

type Said = Extract<EngineEvent, { type: 'source-left-out' }>

function listening(): { readonly log: Log; readonly said: () => Said[] } {
  const events: EngineEvent[] = []
  return { log: { event: (event) => void events.push(event) }, said: () => events.splice(0) as Said[] }
}

test('what is left out is said once, by its reason, with a number and an example', () => {
  const { log, said } = listening()
  const leftOut = new LeftOut('/in')
  leftOut.report('hidden', ['/in/.a', '/in/.b'], log)
  leftOut.report('hidden', ['/in/.a', '/in/.b'], log)
  leftOut.report('directory', ['/in/a'], log)
  const [hidden, folder, ...more] = said()
  assert.deepEqual(more, [])
  assert.deepEqual([hidden.reason, hidden.files, hidden.total, hidden.example], ['hidden', 2, 2, '/in/.a'])
  assert.match(hidden.message, /^2 entries of \/in left out, hidden: .*, such as \/in\/\.a$/)
  assert.match(folder.message, /^1 entry of \/in left out, a directory: /)
})

test('the first of a kind is a warning, and every one by which records are lost', () => {
  const { log, said } = listening()
  const leftOut = new LeftOut('/in')
  for (const reason of ['old', 'hidden', 'directory', 'special', 'late', 'changed', 'name'] as const) {
    leftOut.report(reason, [`/in/${reason}-1`], log)
    leftOut.report(reason, [`/in/${reason}-1`, `/in/${reason}-2`], log)
  }
  const levels = Map.groupBy(said(), ({ reason }) => reason)
  for (const [reason, events] of levels) {
    const second = ['late', 'changed', 'name'].includes(reason) ? 'warn' : 'info'
    assert.deepEqual(
      events.map(({ level, files, total }) => [level, files, total]),
      [
        ['warn', 1, 1],
        [second, 1, 2],
      ],
      reason,
    )
  }
})

test('more than is named is counted, and another version of a file is another one', () => {
  const { log, said } = listening()
  const leftOut = new LeftOut('/in')
  const version = (n: number) => (path: string) => `${path}\0${n}`
  leftOut.report('changed', ['/in/a'], log, { version: version(1), more: 5 })
  leftOut.report('changed', ['/in/a'], log, { version: version(1) })
  leftOut.report('changed', ['/in/a'], log, { version: version(2) })
  assert.deepEqual(
    said().map(({ files, total }) => [files, total]),
    [
      [6, 6],
      [1, 2],
    ],
  )
})

test('a file that is gone is forgotten, and said again when it comes back; those that stay are not', () => {
  const { log, said } = listening()
  const leftOut = new LeftOut('/in')
  leftOut.report('hidden', ['/in/.a', '/in/.b'], log)
  leftOut.report('changed', ['/in/c', '/in/d'], log, { version: (path) => `${path}\x001` })
  said()
  leftOut.forget(['/in/.a', '/in/.b', '/in/c', '/in/d'])
  leftOut.forget(['/in/.a', '/in/c'])
  assert.deepEqual(
    ['/in/.a', '/in/.b', '/in/c', '/in/d'].map((path) => leftOut.mentions(path)),
    [true, false, true, false],
  )
  leftOut.report('hidden', ['/in/.a', '/in/.b'], log)
  leftOut.report('changed', ['/in/c', '/in/d'], log, { version: (path) => `${path}\x001` })
  assert.deepEqual(
    said().map(({ example, files, total }) => [example, files, total]),
    [
      ['/in/.b', 1, 2],
      ['/in/d', 1, 2],
    ],
  )
})
