import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** What CloudFormation is given, as far as it is looked at. */
interface Template {
  readonly Resources: Record<
    string,
    { readonly Type: string; readonly Properties: any; readonly DeletionPolicy?: string }
  >
}

test(
  'the functions are packaged without network or ' + 'credentials, and no permission is wider than its use',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-package-'))
    t.after(() => rm(folder, { recursive: true }))
    const {
      AWS_ACCESS_KEY_ID: _id,
      AWS_SECRET_ACCESS_KEY: _secret,
      AWS_PROFILE: _profile,
      ...environment
    } = process.env
    const bin = join(root, 'node_modules/serverless/bin/serverless.js')
    await promisify(execFile)(process.execPath, [bin, 'package', '--stage', 'test', '--package', folder], {
      cwd: root,
      env: { ...environment, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' },
    })

    assert.deepEqual((await readdir(folder)).filter((name) => name.endsWith('.zip')).sort(), [
      'coordinator.zip',
      'output.zip',
      'task.zip',
    ])
    const { Resources: resources } = JSON.parse(
      await readFile(join(folder, 'cloudformation-template-update-stack.json'), 'utf8'),
    ) as Template
    const ofType = (type: string) => Object.values(resources).filter((resource) => resource.Type === type)

    const functions = ofType('AWS::Lambda::Function').map(({ Properties: { Handler, Runtime, Architectures } }) => ({
      Handler,
      Runtime,
      Architectures,
    }))
    assert.deepEqual(
      functions,
      ['coordinator', 'task', 'output'].map((name) => ({
        Handler: `functions/${name}.handler`,
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
      })),
    )

    const statements = ofType('AWS::IAM::Role').flatMap(({ Properties }) =>
      Properties.Policies.flatMap((policy: any) => policy.PolicyDocument.Statement),
    )
    const actions = statements.flatMap((statement: any) => statement.Action) as string[]
    assert.deepEqual(
      actions.filter((action) => action.includes('*')),
      [],
    )
    assert.ok(statements.every((statement: any) => JSON.stringify(statement.Resource) !== '"*"'))
    assert.ok(!actions.includes('dynamodb:DeleteItem'), 'the head is never deleted')

    for (const name of ['Heads', 'Objects']) assert.equal(resources[name].DeletionPolicy, 'Retain')
    assert.ok(
      resources['Objects'].Properties.LifecycleConfiguration.Rules.every(
        (rule: object) => !('ExpirationInDays' in rule),
      ),
      'no rule may expire objects',
    )
  },
)
