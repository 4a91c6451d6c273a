import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'

const root = join(import.meta.dirname, '..', '..')

/** What the compiler says first of each line that is wrong. */
async function messages(t: Parameters<typeof temporaryFolder>[0], lines: readonly string[]): Promise<string[]> {
  const folder = await temporaryFolder(t)
  const program = [
    `import type { DStream, RDD } from '${join(root, 'lib', 'index.ts')}'`,
    'declare const lines: DStream<string>',
    'declare const rdd: RDD<string>',
    ...lines,
  ]
  writeFileSync(join(folder, 'app.ts'), program.join('\n'))
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions: { types: [] }, include: ['app.ts'] }),
  )
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  const { stdout } = spawnSync(tsc, ['--noEmit', '--pretty', 'false', '-p', folder], { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => /^\S*app\.ts\(/.test(line))
}

test('a pair operator on what are no pairs says its own name, and what it takes', async (t) => {
  const said = await messages(t, [
    'lines.reduceByKey((a, b) => a)',
    'lines.groupByKey()',
    'lines.updateStateByKey<number>((values, sum) => (sum ?? 0) + values.length)',
    'lines.join(lines)',
    'rdd.reduceByKey((a, b) => a)',
    'rdd.keys()',
  ])
  const operators = ['reduceByKey', 'groupByKey', 'updateStateByKey', 'join', 'reduceByKey', 'keys']
  operators.forEach((operator, i) => {
    const wanted = `${operator} takes pairs: map((record) => [key, value]) makes them`
    assert.ok(
      said.some((line) => line.includes(`(${i + 4},`) && line.includes(wanted)),
      `${wanted}\n${said.join('\n')}`,
    )
  })
})
