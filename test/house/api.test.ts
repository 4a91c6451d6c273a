import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Declaration, readDoors, shownMembers } from '../../infra/api/declarations.ts'
import { referenceOf, storedPage } from '../../infra/api/reference.ts'
import { snapshotOf, storedSnapshot } from '../../infra/api/snapshot.ts'

// What stands in for a class of Spark: each member says which one it is there.
const mirrored = (
  'DStream MapWithStateDStream StreamingContext SparkContext SparkConf RDD RddActions StateSpec State Duration Time ' +
  'Receiver TaskContext NumberAccumulator CollectionAccumulator AccumulatorV2 Broadcast Partitioner StreamingListener'
).split(' ')

const doors = readDoors()
const bases = doors.flatMap((door) => door.behind).filter(({ kind }) => kind === 'class')
const exported = new Set([...doors.flatMap((door) => door.exported), ...bases.filter(({ doc }) => doc !== '')])

test('the public types are those of docs/api-snapshot.txt; npm run api -- --write takes a change in', () => {
  assert.equal(snapshotOf(doors), storedSnapshot(), 'run: npm run api -- --write')
})

test('docs/api is what npm run docs writes', () => {
  const stale = [...referenceOf(doors)].filter(([name, text]) => storedPage(name) !== text).map(([name]) => name)
  assert.deepEqual(stale, [], 'run: npm run docs')
})

test('what the doors export has a docstring, and so has each of its members', () => {
  const silent = [...exported].flatMap((declaration) => [
    ...(declaration.doc === '' ? [`${declaration.name} in ${declaration.file}`] : []),
    ...membersWithout(declaration, /\S/),
  ])
  assert.deepEqual(silent, [], 'say what it gives, in which unit, and which errors it throws')
})

test('what stands in for a class of Spark says where it is found there', () => {
  const unsaid = [...exported]
    .filter(({ name }) => mirrored.includes(name))
    .flatMap((declaration) => membersWithout(declaration, /Spark:\s+`|Not\s+in\s+Spark/))
  assert.deepEqual(unsaid, [], 'end the docstring with "Spark: `DStream.map`." or with "Not in Spark."')
})

function membersWithout(declaration: Declaration, pattern: RegExp): string[] {
  return shownMembers(declaration)
    .filter((member) => !pattern.test(member.doc))
    .map((member) => `${declaration.name}.${member.name} in ${declaration.file}`)
}
