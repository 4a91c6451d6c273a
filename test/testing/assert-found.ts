import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** By name, the beginnings of the promises that an implementation is found to break; `all`: it keeps none. */
type Found = Readonly<Record<string, readonly string[] | 'all'>>

/**
 * Runs files in which implementations that break promises are given to the suites: each is found by the promises that
 * are named and by no other one, and there is no promise that found nothing.
 */
export function assertFound(files: readonly string[], found: Found): void {
  const stdout = files.map(reported).join('')
  const tried = Array.from(stdout.matchAll(/^(ok|not ok) \d+ - ([^:\n]+): (.*)$/gm), ([, end, name, promise]) => ({
    isBroken: end === 'not ok',
    name,
    promise,
  }))
  assert.deepEqual(
    new Set(tried.map(({ name }) => name)),
    new Set(Object.keys(found)),
    `what was tried:\n${stdout.slice(0, 500)}`,
  )
  for (const [name, promises] of Object.entries(found)) {
    const own = tried.filter((each) => each.name === name)
    const broken = own.filter(({ isBroken }) => isBroken).map(({ promise }) => promise)
    const expected = promises === 'all' ? own.map(({ promise }) => promise) : promises
    assert.ok(
      broken.length === expected.length && expected.every((each) => broken.some((title) => title.startsWith(each))),
      `${name} breaks\n  ${broken.join('\n  ')}`,
    )
  }
  const broken = new Set(tried.filter(({ isBroken }) => isBroken).map(({ promise }) => promise))
  assert.deepEqual(
    [...new Set(tried.map(({ promise }) => promise))].filter((promise) => !broken.has(promise)),
    [],
  )
}

function reported(file: string): string {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined }
  return spawnSync(process.execPath, ['--test-reporter=tap', path], { encoding: 'utf8', env, maxBuffer: 1 << 28 })
    .stdout
}
