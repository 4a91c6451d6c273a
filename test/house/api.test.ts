import assert from 'node:assert/strict'
import { stripTypeScriptTypes } from 'node:module'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { type Declaration, readDoors, shownMembers } from '../../infra/api/declarations.ts'
import { referenceOf, storedPage } from '../../infra/api/reference.ts'
import { snapshotOf, storedSnapshot } from '../../infra/api/snapshot.ts'
import { DStream, RDD, seconds, SparkConf, SparkContext, StreamingContext } from '../../lib/index.ts'
import { RddActions } from '../../lib/api/rdd/rdd-actions.ts'
import { hasCode } from '../../lib/model/errors.ts'

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

/** `union(a, b)` says itself what to write. */
const lists = ['StreamingContext.union']
const classes = { DStream, StreamingContext, RDD, RddActions, SparkContext }

new StreamingContext(new SparkConf(), seconds(1))
for (const [name, { prototype }] of Object.entries(classes))
  test(`methods of ${name} refuse one argument more than their types take, and no fewer`, () => {
    const { members } = [...exported].find((declaration) => declaration.name === name)!
    for (const member of members) {
      const method: Method | undefined = Object.getOwnPropertyDescriptor(prototype, member.name)?.value
      if (typeof method !== 'function' || member.name === 'constructor' || lists.includes(`${name}.${member.name}`))
        continue
      const most = Math.max(...member.signatures.map(parametersOf))
      if (most === Infinity) continue
      assert.equal(refusedAsSurplus(method, most + 1), true, `${member.name} takes ${most + 1}`)
      assert.equal(refusedAsSurplus(method, most), false, `${member.name} does not take ${most}`)
    }
  })

type Method = (...given: unknown[]) => unknown

/** Called on nothing: what is not refused at once fails in some other way. */
function refusedAsSurplus(method: Method, count: number): boolean {
  try {
    const answer = method.apply({}, Array(count).fill('x'))
    if (answer instanceof Promise) answer.catch(() => {})
    return false
  } catch (error) {
    return (
      hasCode(error, 'E_ARGUMENT') &&
      /^\w+ takes (no arguments|\d+ arguments? at most), and was given \d+\.$/.test(error.message)
    )
  }
}

/** As declared, without `this`, which has no part in the method once types are taken off; `Infinity` for a list. */
function parametersOf(signature: string): number {
  const method = stripTypeScriptTypes(`class Of { ${signature.replace(/;$/, ' {}')} }`)
  if (method.includes('...')) return Infinity
  const { prototype } = runInNewContext(`(${method})`) as { prototype: object }
  const [, property] = Object.values(Object.getOwnPropertyDescriptors(prototype))
  return (property?.value as { length: number } | undefined)?.length ?? 0
}

function membersWithout(declaration: Declaration, pattern: RegExp): string[] {
  return shownMembers(declaration)
    .filter((member) => !pattern.test(member.doc))
    .map((member) => `${declaration.name}.${member.name} in ${declaration.file}`)
}
