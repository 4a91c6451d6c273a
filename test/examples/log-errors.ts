import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { LineServer, type Printed, runExample, type RunningExample, temporaryFolder } from './running-example.ts'

/** The kind of lines that an Apache server logs. */
export const errors = [
  '[Fri Dec 16 01:46:23 2005] [ERROR] [client 1.2.3.4] Directory index forbidden by rule: /var/www/test/',
  '[Fri Dec 16 01:54:34 2005] [ERROR] [client 1.2.3.4] Directory index forbidden by rule: /apache/web-data/test2',
  '[Fri Dec 16 02:25:55 2005] [ERROR] [client 1.2.3.4] Client sent malformed Host header',
  '[Mon Dec 19 23:02:01 2005] [ERROR] [client 1.2.3.4] user test: authentication failure for ' +
    '"/~dcid/test1": Password Mismatch',
]
export const warnings = errors.map((line) => line.replace('ERROR', 'WARN'))

/**
 * Feeds an error, in the next batch another, then nothing, and holds what was printed against the rules of the window.
 */
export async function checkErrorCounts(t: TestContext, name: string): Promise<RunningExample> {
  const server = await LineServer.open(t)
  return checkErrorCountsOf(runExample(t, name, '127.0.0.1', server.port, temporaryFolder(), 2.4, 0.8), server)
}

/** The same of a program that gets its lines elsewhere. */
export async function checkErrorCountsOf(
  program: RunningExample,
  server: { send(...lines: readonly string[]): Promise<void> },
): Promise<RunningExample> {
  const lines = (): Printed[] => program.printedBy(0, 2)
  const counts = (): Printed[] => program.printedBy(1, 2)

  await program.until('a batch before the first error', () => counts().length > 0)
  await server.send(errors[0], warnings[0], warnings[1])
  await program.until('the first error', () => lines().some((batch) => batch.lines.length > 0))
  await server.send(warnings[2], errors[1], warnings[3])
  await program.until('the end of the window', () => counts().some((batch) => batch.lines[0] === '0'))
  await program.untilMore(2)
  assert.equal(await program.stop(), 0)

  const perBatch = lines().map((batch) => batch.lines.length)
  const first = perBatch.findIndex((count) => count > 0)
  const expected = perBatch.map((_, i) =>
    i < first ? [] : [String(perBatch.slice(Math.max(0, i - 2), i + 1).reduce((a, b) => a + b))],
  )
  assert.deepEqual(
    lines().flatMap((batch) => batch.lines),
    errors.slice(0, 2),
  )
  assert.deepEqual(
    counts().map((batch) => batch.lines),
    expected,
  )
  assert.deepEqual(
    expected.slice(first, first + 5),
    [['1'], ['2'], ['2'], ['1'], ['0']],
    'the errors came in batches that follow each other',
  )
  return program
}
