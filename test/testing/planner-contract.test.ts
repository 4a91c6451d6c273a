import { test } from 'node:test'
import { assertFound } from './assert-found.ts'

test('a planner that breaks a promise is found by that promise, and a sound one by none', () => {
  assertFound(['broken-planners.ts'], {
    'sound planner': [],
    'planner that answers with functions': ['a plan is plain data, of the batch', 'a batch of which nothing is left'],
    'planner of another batch': ['a plan is plain data, of the batch'],
    'planner of another time': ['a plan is plain data, of the batch'],
    'planner of another app': ['a plan is plain data, of the batch'],
    'planner of another life': ['a plan is plain data, of the batch'],
    'planner of an older head': ['a plan is plain data, of the batch'],
    'planner that reads nothing': [
      'its one source is read in it, and',
      'the next batch goes on where the',
      'its source is asked once, and within',
      'a batch that was planned reads',
    ],
    'planner that goes on nowhere': ['its one source is read in it, and', 'the next batch goes on where the'],
    'planner that begins anew each time': ['the next batch goes on where the'],
    'planner without limits': ['its source is asked once, and within'],
    'planner that asks twice': ['its source is asked once, and within'],
    'planner that goes on by itself': ['asking again changes nothing: the'],
    'planner that runs what it plans': ['a batch that may not run where'],
    'planner whose plans have one name': ['asking again changes nothing: the'],
    'planner that notes what it has planned': ['what it is asked stays as it is'],
    'planner that seals in what it is given': ['a batch of which nothing is left'],
    'planner that seals under another name': ['a batch of which nothing is left'],
    'planner that seals with functions': ['a batch of which nothing is left'],
    'planner whose stages come backwards': ['every stage comes after those that'],
    'planner that spreads nothing': ['every stage comes after those that'],
    'planner that spreads everything': ['with one slot a batch is one task'],
    'planner that asks again for what was planned': ['a batch that was planned reads'],
    'planner that plans anew what was planned': ['a batch that was planned reads'],
    'planner that loses codes': ['what a source throws is thrown'],
    'planner that answers what a source throws': ['what a source throws is thrown'],
    'planner that throws what a function throws': ['a function that throws while a'],
    'planner that fails with words': ['a function that throws while a'],
    'planner that forgets what a batch would have read': ['a function that throws while a'],
    'planner that forgets where it would have gone on': ['a function that throws while a'],
    'planner that fails with functions': ['a function that throws while a'],
  })
})
