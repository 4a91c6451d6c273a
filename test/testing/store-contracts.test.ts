import { test } from 'node:test'
import { assertFound } from './assert-found.ts'

test('a store that breaks one promise is found by that promise, and a sound one by none', () => {
  assertFound(['broken-stores.ts'], {
    'sound head': [],
    'head that is born with a value': [
      'a register nobody wrote to',
      'a write on an old revision',
      'a value is nobody’s',
    ],
    'head that is stale elsewhere': ['a write is read at once', 'of twenty writers', 'twenty writers who read'],
    'head that takes old revisions': ['a write on an old revision', 'of twenty writers', 'twenty writers who read'],
    'head that takes revisions to come': ['a write on an old revision'],
    'head that changes what it refuses': ['a write on an old revision', 'of twenty writers', 'twenty writers who read'],
    'head that keeps what it is given': ['a value is nobody’s object'],
    'head that gives what it keeps': ['a value is nobody’s object'],
    'head that loses zeros': ['any JSON comes back'],
    'head that looks before it writes': ['of twenty writers', 'twenty writers who read'],
    'sound store': [],
    'store that has no empty objects': ['an object is read as it was written'],
    'store that writes a name again': ['a name is written once'],
    'store that says nothing of a second write': ['a name is written once', 'of ten who write'],
    'store that says a second write is something else': ['a name is written once', 'of ten who write'],
    'store whose last writer wins': ['of ten who write'],
    'store that keeps the bytes of others': ['bytes that change after'],
    'store whose ranges may be short': ['a range is those bytes'],
    'store whose ranges take one more': ['a range is those bytes'],
    'store whose ranges begin late': ['a range is those bytes'],
    'store whose ranges do not reach the end': ['a range is those bytes'],
    'store that gives what is not there': ['what is not there', 'what was deleted'],
    'store that gives ranges of what is not there': ['what is not there'],
    'store whose list is not sorted': ['a list holds every name'],
    'store whose list is of folders': ['a list holds every name'],
    'store whose list ends early': ['a list holds every name'],
    'store that deletes nothing': ['what was deleted'],
    'store that deletes neighbours': ['what was deleted'],
    'store that deletes only what is there': ['what was deleted'],
    'store that remembers what was deleted': ['what was deleted'],
  })
})
