import { test } from 'node:test'
import { assertFound } from './assert-found.ts'

test('a launcher that breaks a promise is found by that promise, and a sound one by none', () => {
  assertFound(['broken-launchers.ts'], {
    'sound launcher': [],
    'launcher without slots': ['it has a slot, or several'],
    'launcher that answers with the task before': ['each of more tasks than slots is'],
    'launcher that rejects what a function throws': [
      'a function that throws is an answer',
      'an answer is plain data',
      'a call that has ended leaves nothing',
    ],
    'launcher that loses codes': ['a function that throws is an answer'],
    'launcher that blames nobody': ['a function that throws is an answer'],
    'launcher that tries nothing again': ['a function that throws is an answer'],
    'launcher that loses the task of an error': ['a function that throws is an answer'],
    'launcher that loses words': ['a function that throws is an answer'],
    'launcher that loses stacks': ['a function that throws is an answer'],
    'launcher whose errors have a cause': ['an answer is plain data'],
    'launcher that ends with the first failure': [
      'a function that throws is an answer',
      'a call that has ended leaves nothing',
    ],
    'launcher that rejects work that is not there': ['work that the program does not'],
    'launcher that keeps plans by their names': ['a task runs under the plan that'],
    'launcher whose answers have dates': ['an answer is plain data'],
    'launcher that answers a second time with what it knows': ['a task that is launched again runs'],
    'launcher that counts in the task': ['a task that is launched again runs'],
    'launcher with room for a million': ['a task that is larger than a call'],
    'launcher with room for short answers': ['a task that is larger than a call'],
    'launcher that gives up all calls with one': ['a call that nobody needs any more'],
    'launcher that waits for a signal': ['a call that has ended leaves nothing'],
    'launcher that is stopped by a signal for good': ['a call that nobody needs any more'],
    'launcher that is closed once': ['closing it twice is closing it'],
    'launcher that loses neighbours': ['a task that ends its process is'],
    'launcher that refuses tasks while one comes to no end': ['a task that comes to no end keeps'],
    'launcher that runs tasks when it is closed': ['once it is closed every call rejects'],
    'launcher that ends a call without an answer when it is closed': ['once it is closed every call rejects'],
  })
})
