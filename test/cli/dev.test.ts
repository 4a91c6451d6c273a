import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Cli, project } from './cli.ts'

const program = (word: string): string => `
import { app, milliseconds } from 'sluice'
import { counter } from './numbers.ts'
import { factor } from './factor.ts'

export default app('sums', milliseconds(100), (ssc) => {
  const sums = ssc.source('counter', counter).map((n) => ['sum', n * factor])
  sums.updateStateByKey((ns, sum) => ns.reduce((a, b) => a + b, sum ?? 0))
    .foreachRDD((rdd) => { console.log('${word}', ...rdd.collect()) })
})
`

test(
  'a change of the program, or of a file it imports, runs it again with its state; ^C finishes a batch ' +
    'and ends with 0',
  async (t) => {
    const folder = await project(t, {
      'src/app.ts': program('one'),
      'src/factor.ts': 'export const factor = 1',
      'src/numbers.ts': '',
    })
    writeFileSync(join(folder, 'src/numbers.ts'), "export * from '../numbers.ts'\n")
    const dev = new Cli(t, ['dev'], folder)
    await dev.says('#2 ')
    writeFileSync(join(folder, 'src/app.ts'), program('two'))
    await dev.says('src/app.ts changed; running again')
    await dev.says('batch   time', 2)
    writeFileSync(join(folder, 'src/factor.ts'), 'export const factor = 1000')
    await dev.says('src/factor.ts changed; running again')
    await dev.says('goes on after batch', 2)
    await dev.prints(/'sum', \d{4,}/)
    dev.child.kill('SIGINT')
    const { code, stdout, stderr } = await dev.ended
    assert.equal(code, 0)
    assert.match(stderr, /finishing batch(?:es #\d+ to)? #\d+ …\n[^]*done in .*State is in \.sluice\/;/)

    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => /^(one|two) \[ 'sum', (\d+) \]$/.exec(line)!)
    const steps = lines.map(([, , sum], i) => Number(sum) - Number(lines[i - 1]?.[2] ?? 0))
    assert.deepEqual(
      steps.map((step) => (step >= 1000 ? step / 1000 : step)),
      lines.map((_, i) => i + 1),
      stdout,
    )
    assert.ok(steps[0] === 1 && steps.at(-1)! >= 1000, stdout)
  },
)

test('a program that fails waits for the change that mends it', async (t) => {
  const folder = await project(t, { 'app.ts': 'const a = = 1\n', 'factor.ts': 'export const factor = 1' })
  const dev = new Cli(t, ['dev', 'app.ts', '--dir', 'state'], folder)
  await dev.says('E_USER_INIT')
  await dev.says('waiting for a change')
  writeFileSync(join(folder, 'app.ts'), program('mended'))
  await dev.says('#1 ')
  dev.child.kill('SIGTERM')
  assert.equal((await dev.ended).code, 0)
})
