import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('every step of .ci/run is one of some job of the workflow, and no word of a job is without a step', () => {
  const steps = [...textOf('.ci/run').matchAll(/^ {2}"([^"|]+)\|/gm)].map(([, name]) => name)
  const words = [...textOf('.github/workflows/ci.yml').matchAll(/- run: \.ci\/run (.+)$/gm)].flatMap(([, all]) =>
    all.split(' '),
  )
  assert.ok(steps.length > 10 && words.length > 5)
  assert.deepEqual(
    steps.filter((step) => step !== 'install' && !words.some((word) => step.includes(word))),
    [],
    'give a job of .github/workflows/ci.yml a word of the step',
  )
  assert.deepEqual(
    words.filter((word) => !steps.some((step) => step.includes(word))),
    [],
    'correct the word in .github/workflows/ci.yml: no step of .ci/run has it',
  )
})
