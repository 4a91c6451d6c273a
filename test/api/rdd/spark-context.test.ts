import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { SparkConf } from '../../../lib/model/spark-conf.ts'
import { SparkContext } from '../../../lib/api/rdd/spark-context.ts'

test('the master says how many partitions there are by default', () => {
  const parallelism = (conf: Record<string, string | number>): number =>
    new SparkContext(conf, { cores: 6 }).defaultParallelism
  assert.equal(parallelism({ master: 'local' }), 1)
  assert.equal(parallelism({ master: 'local[3]' }), 3)
  assert.equal(parallelism({ master: 'local[3,2]' }), 3)
  assert.equal(parallelism({ master: 'local[*]' }), 6)
  assert.equal(parallelism({}), 6)
  assert.equal(parallelism({ master: 'yarn' }), 6)
  assert.equal(parallelism({ master: 'local[3]', 'spark.default.parallelism': 8 }), 8)
  assert.equal(new SparkContext().defaultParallelism, availableParallelism())
})

test('a context takes settings, a plain object, or master and name, and copies them', () => {
  const conf = new SparkConf().setMaster('local[2]').setAppName('counts')
  const sc = new SparkContext(conf)
  conf.setAppName('changed')
  assert.deepEqual([sc.appName, sc.master, sc.isLocal], ['counts', 'local[2]', true])
  assert.equal(new SparkContext('local[2]', 'NetworkWordCount').appName, 'NetworkWordCount')
  assert.equal(new SparkContext({ appName: 'a' }).getConf().get('spark.app.name'), 'a')
  assert.equal(sc.applicationId, 'local-counts')
})

test('parallelize cuts into even slices', () => {
  const sc = new SparkContext('local[2]', 'test')
  assert.deepEqual(sc.parallelize([1, 2, 3, 4, 5]).glom().collect(), [
    [1, 2],
    [3, 4, 5],
  ])
  assert.deepEqual(sc.makeRDD(new Set(['a']), 1).collect(), ['a'])
  assert.deepEqual(sc.emptyRDD().getNumPartitions(), 0)
  assert.throws(() => sc.parallelize([1], 0), { code: 'E_PARTITIONS' })
})

test('range counts from start to end, also down', () => {
  const sc = new SparkContext()
  assert.deepEqual(sc.range(3).collect(), [0, 1, 2])
  assert.deepEqual(sc.range(1, 8, 3).collect(), [1, 4, 7])
  assert.deepEqual(sc.range(3, 0, -1, 2).collect(), [3, 2, 1])
  assert.deepEqual(sc.range(3, 0).collect(), [])
  assert.throws(() => sc.range(0, 5, 0), { code: 'E_ARGUMENT' })
})

test('union takes a list or arguments, or nothing', () => {
  const sc = new SparkContext()
  assert.deepEqual(sc.union([sc.range(2), sc.range(1)]).collect(), [0, 1, 0])
  assert.deepEqual(sc.union(sc.range(2), sc.range(1)).collect(), [0, 1, 0])
  assert.deepEqual(sc.union([]).collect(), [])
})

test('runJob runs a function per partition', () => {
  const sc = new SparkContext('local[2]', 'test')
  const rdd = sc.range(0, 6, 1, 3)
  assert.deepEqual(
    sc.runJob(rdd, (records) => [...records]),
    [
      [0, 1],
      [2, 3],
      [4, 5],
    ],
  )
  assert.deepEqual(
    sc.runJob(rdd, (records) => [...records].length, [2]),
    [2],
  )
})

test('a stopped context refuses new RDDs and jobs on old ones', () => {
  const sc = new SparkContext()
  const rdd = sc.range(3)
  sc.stop()
  sc.stop()
  for (const use of [
    () => sc.range(3),
    () => rdd.count(),
    () => rdd.map((x) => x),
    () => sc.broadcast(1),
    () => sc.longAccumulator(),
  ]) {
    assert.throws(use, { code: 'E_CONTEXT_STOPPED', message: /stopped SparkContext/ })
  }
  assert.equal(sc.isStopped, true)
})

test('a broadcast value is read until it is destroyed', () => {
  const sc = new SparkContext()
  const words = sc.broadcast(new Set(['a']))
  assert.deepEqual(
    sc
      .parallelize(['a', 'b'])
      .filter((word) => words.value.has(word))
      .collect(),
    ['a'],
  )
  words.unpersist()
  assert.equal(words.value.size, 1)
  words.destroy()
  assert.throws(() => words.value, { code: 'E_BROADCAST_DESTROYED', message: /Broadcast\(0\)/ })
  assert.throws(() => words.destroy(), { code: 'E_BROADCAST_DESTROYED' })
})

test('a broadcast value is a copy that nobody can change', () => {
  const shared = { tags: ['a'] }
  const bare: { limits?: Map<string, number>; days?: Set<number> } = Object.assign(Object.create(null), {
    limits: new Map([['a', 1]]),
    days: new Set([1]),
  })
  const given = { at: new Date(5), first: shared, second: shared, bare, holes: Object.assign([], { 1: 'second' }) }
  const broadcast = new SparkContext().broadcast(given)
  const { value } = broadcast
  assert.equal(String(broadcast), 'Broadcast(0)')
  shared.tags.push('b')
  given.at.setTime(6)
  assert.deepEqual(value.first, { tags: ['a'] })
  assert.equal(value.first, value.second)
  assert.equal(value.at.getTime(), 5)
  assert.equal(Object.getPrototypeOf(value.bare), null)
  assert.equal(value.holes.length, 2)
  for (const change of [
    () => value.first.tags.push('c'),
    () => value.at.setTime(7),
    () => value.bare.limits!.set('b', 2),
    () => value.bare.limits!.clear(),
    () => value.bare.days!.add(2),
    () => value.bare.days!.delete(1),
    () => Object.assign(value, { at: null }),
  ])
    assert.throws(change, TypeError)
})

test('local properties, job groups and levels are kept', () => {
  const sc = new SparkContext()
  sc.setJobGroup('nightly', 'all of it')
  assert.equal(sc.getLocalProperty('spark.jobGroup.id'), 'nightly')
  sc.clearJobGroup()
  assert.equal(sc.getLocalProperty('spark.jobGroup.id'), null)
  sc.setLogLevel('warn')
  assert.equal(sc.logLevel, 'WARN')
  assert.throws(() => sc.setLogLevel('LOUD'), { code: 'E_ARGUMENT' })
  sc.setCheckpointDir('checkpoints')
  assert.equal(sc.getCheckpointDir(), 'checkpoints')
})

test('an RDD of one origin meets one of another where more is known', () => {
  const loaded = new SparkContext()
  const sc = new SparkContext({}, { runner: loaded.runner })
  const [own, other] = [sc.range(1), loaded.range(2)]
  assert.equal(own.union(other).runner, loaded.runner)
})

test('jobs in the background keep the local properties of their start, without the job group', async () => {
  const context = new SparkContext({ 'spark.master': 'local[1]' })
  context.setJobGroup('group', 'by hand')
  context.setLocalProperty('pool', 'first')
  const later = context.withPropertiesOfNow(async () => {
    await Promise.resolve()
    return [context.getLocalProperty('pool'), context.getLocalProperty('spark.jobGroup.id')]
  })
  context.setLocalProperty('pool', 'second')
  assert.deepEqual(await later, ['first', null])
  assert.equal(context.getLocalProperty('pool'), 'second')
})

test('a broadcast value stays what it was when it was broadcast, and who changes it is told where he does it', () => {
  const sc = new SparkContext()
  const rules = { limits: [1, 2], names: new Map([['a', { n: 1 }]]), seen: new Set(['a']), since: new Date(5) }
  const broadcast = sc.broadcast(rules)
  rules.limits.push(3)
  rules.names.get('a')!.n = 2
  assert.deepEqual(broadcast.value.limits, [1, 2])
  assert.equal(broadcast.value.names.get('a')!.n, 1)
  const changes: ((value: typeof rules) => unknown)[] = [
    (value) => value.limits.push(3),
    (value) => (value.limits = []),
    (value) => (value.names.get('a')!.n = 2),
    (value) => value.names.set('b', { n: 1 }),
    (value) => value.names.delete('a'),
    (value) => value.seen.add('b'),
    (value) => value.seen.clear(),
    (value) => value.since.setTime(6),
  ]
  for (const change of changes)
    assert.throws(() => sc.parallelize([1]).foreach(() => void change(broadcast.value)), TypeError, String(change))
  const { limits, names, seen, since } = broadcast.value
  assert.deepEqual([limits, [...names], [...seen], since.getTime()], [[1, 2], [['a', { n: 1 }]], ['a'], 5])
})

test('a broadcast value may hold itself, functions and instances of classes', () => {
  class Rule {
    readonly limit = 3
    allows(n: number): boolean {
      return n < this.limit
    }
  }
  const rules: { rule: Rule; self?: unknown; twice: (n: number) => number } = { rule: new Rule(), twice: (n) => 2 * n }
  rules.self = rules
  const { value } = new SparkContext().broadcast(rules)
  assert.equal(value.self, value)
  assert.equal(value.twice(2), 4)
  assert.ok(value.rule.allows(2))
})

test('what holds no records is refused by parallelize, and is no RDD without records', () => {
  const sc = new SparkContext()
  for (const [given, message] of [
    [5, /was given a number/],
    [{ n: 1 }, /was given an object/],
    [null, /was given null/],
    [undefined, /was given undefined/],
  ] as const)
    assert.throws(() => sc.parallelize(given as never), { code: 'E_ARGUMENT', message })
  assert.deepEqual(sc.parallelize('ab').collect(), ['a', 'b'])
})
