import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { yamlText } from '../../lib/cli/yaml-text.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = join(root, 'lib/cli/bin.ts')
const osls = join(root, 'node_modules/serverless/bin/serverless.js')

/** The example of this repository in a folder of its own, with its serverless.yml. */
const folder = mkdtempSync(join(tmpdir(), 'sluice-print-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))
mkdirSync(join(folder, 'examples'))
mkdirSync(join(folder, 'node_modules'))
symlinkSync(root, join(folder, 'node_modules/sluice'))
symlinkSync(join(root, 'node_modules/serverless'), join(folder, 'node_modules/serverless'))
copyFileSync(join(root, 'examples/word-count-s3.ts'), join(folder, 'examples/word-count-s3.ts'))
const config = readFileSync(join(root, 'serverless.yml'), 'utf8').replace(', serverless-offline', '')
writeFileSync(join(folder, 'serverless.yml'), config)
writeFileSync(join(folder, 'package.json'), '{}')

const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, AWS_PROFILE: _profile, ...rest } = process.env
const env = { ...rest, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true', NODE_OPTIONS: '--conditions=sluice-source' }

/** What a program writes, run without credentials. */
const written = (program: string, ...args: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...args], { cwd: folder, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      error ? reject(new Error(stdout + stderr)) : resolve(stdout),
    )
  })

/** What depends on the code and on the day stands as dots. */
const masked = (text: string): string =>
  text
    .replaceAll(/(Lambda(?:Version|FunctionVersion))[A-Za-z0-9]{20,}/g, '$1…')
    .replaceAll(/"S3Key": "[^"]*"/g, '"S3Key": "…"')
    .replaceAll(/"CodeSha256": "[^"]*"/g, '"CodeSha256": "…"')
    .replaceAll(/"Description": "code [0-9a-f]{6}"/g, '"Description": "code …"')

function assertSnapshot(name: string, text: string): void {
  const file = new URL(`printed/${name}.txt`, import.meta.url)
  if (process.env['SLUICE_WRITE_DOCS']) writeFileSync(file, masked(text))
  assert.equal(masked(text), readFileSync(file, 'utf8'))
}

let template: Promise<string> | null = null
/** Printed once: each printing packages. */
const printedTemplate = (): Promise<string> => (template ??= written(bin, 'plan', '--print', 'cloudformation'))

test('the example as a serverless.yml without the plugin, and that packages to the same functions', async () => {
  const printed = await written(bin, 'plan', '--print', 'serverless')
  assertSnapshot('serverless', printed)
  const withPlugin = await printedTemplate()
  writeFileSync(join(folder, 'serverless.yml'), printed)
  await written(osls, 'package')
  writeFileSync(join(folder, 'serverless.yml'), config)
  const plain = readFileSync(join(folder, '.serverless/cloudformation-template-update-stack.json'), 'utf8')
  const [ours, theirs] = [withPlugin, plain].map((text) => resourcesOf(text))
  const [here, there] = [ours, theirs].map((all) => Object.keys(all).filter((id) => !id.includes('LambdaVersion')))
  assert.deepEqual(there.toSorted(), here.toSorted())
  for (const id of ['TaskLambdaFunction', 'OutputLambdaFunction', 'SluiceHeads', 'SluiceObjects', 'SluiceTaskRole']) {
    const [own, other] = [ours[id], theirs[id]].map(({ Properties: { Code: _code, ...properties } }) => properties)
    assert.deepEqual(other, own, id)
  }
})

const resourcesOf = (template: string): Record<string, { readonly Properties: Record<string, unknown> }> =>
  (JSON.parse(template) as { Resources: Record<string, { Properties: Record<string, unknown> }> }).Resources

test('the example as a template of CloudFormation, without credentials and without a call', async () => {
  assertSnapshot('cloudformation', await printedTemplate())
})

test('another form is refused with those that there are', async () => {
  await assert.rejects(
    written(bin, 'plan', '--print', 'terraform'),
    /plan cannot print "terraform"[^]*--print serverless/,
  )
})

test('YAML keeps texts that it would take for something else, and empty lists and blocks', () => {
  const value = { a: ['yes', 'plain', '1', 'a: b', ''], b: [], c: {}, d: [{ x: 1, y: [true, null] }], 'e f': 'no' }
  assert.equal(
    yamlText(value),
    [
      'a:',
      '  - "yes"',
      '  - plain',
      '  - "1"',
      '  - "a: b"',
      '  - ""',
      'b: []',
      'c: {}',
      'd:',
      '  - x: 1',
      '    "y":',
      '      - true',
      '      - null',
      '"e f": "no"',
      '',
    ].join('\n'),
  )
})
