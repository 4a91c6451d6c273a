import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownerOf, rightsOf } from '../../../lib/hosts/serverless/rights.ts'

const owner = ownerOf('eu-west-1', '123456789012')
const known = (...statements: readonly object[]): string[] => [...rightsOf(statements, owner).known]

test('a statement of a template grants what the one does that a service gives back', () => {
  const Condition = { StringLike: { 's3:prefix': ['in/*'] } }
  const ofTemplate = {
    Effect: 'Allow',
    Action: ['s3:ListBucket'],
    Resource: { 'Fn::Sub': 'arn:${AWS::Partition}:s3:::a-${AWS::AccountId}' },
    Condition,
  }
  const ofService = { Condition, Resource: 'arn:aws:s3:::a-123456789012', Action: 's3:ListBucket', Effect: 'Allow' }
  assert.deepEqual(known(ofTemplate), known(ofService))
  assert.notDeepEqual(known(ofTemplate), known({ ...ofService, Condition: undefined }))
})

test('each action on each resource is a right of its own; what is denied, or all but something, is another', () => {
  assert.equal(known({ Effect: 'Allow', Action: ['a:B', 'a:C'], Resource: ['x', 'y'] }).length, 4)
  assert.deepEqual(known({ Effect: 'Deny', Action: 'a:B', Resource: 'x' }), ['Deny a:B on x'])
  assert.deepEqual(known({ Effect: 'Allow', NotAction: 'a:B', Resource: '*' }), ['all but "a:B" on *'])
})

test('a resource that only CloudFormation can name is not compared', () => {
  for (const Resource of [{ 'Fn::GetAtt': ['Queue', 'Arn'] }, { 'Fn::Sub': '${Queue.Arn}' }, { Ref: 'Queue' }]) {
    const rights = rightsOf([{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource }], owner)
    assert.deepEqual([[...rights.known], [...rights.unknown]], [[], ['sqs:SendMessage']])
  }
  assert.deepEqual(known({ Effect: 'Allow', Action: 'a:B', Resource: { 'Fn::Sub': 'x/${!name}' } }), [
    'a:B on x/${name}',
  ])
})
