import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SparkConf } from '../../lib/model/spark-conf.ts'

test('settings are text, by name', () => {
  const conf = new SparkConf({ appName: 'a', master: 'local', 'spark.x': 1, 'spark.y': undefined })
    .set('spark.z', true)
    .setIfMissing('spark.z', false)
    .setIfMissing('spark.w', 'new')
  assert.deepEqual(conf.getAll(), [
    ['spark.app.name', 'a'],
    ['spark.master', 'local'],
    ['spark.w', 'new'],
    ['spark.x', '1'],
    ['spark.z', 'true'],
  ])
  assert.equal(conf.toDebugString().split('\n')[3], 'spark.x=1')
  assert.equal(conf.remove('spark.x').contains('spark.x'), false)
})

test('a missing setting is an error unless there is a default', () => {
  const conf = new SparkConf()
  assert.throws(() => conf.get('spark.x'), { code: 'E_CONF', message: /spark\.x/ })
  assert.equal(conf.get('spark.x', 'fallback'), 'fallback')
  assert.equal(conf.get('spark.x', null), null)
  assert.equal(conf.getOption('spark.x'), undefined)
})

test('settings are read as numbers, booleans and durations, or refused', () => {
  const conf = new SparkConf({ n: '1.5', b: 'true', no: 'false', t: '10s', plain: 250, odd: 'ten', blank: ' ' })
  assert.deepEqual([conf.getDouble('n', 0), conf.getInt('missing', 7), conf.getBoolean('b', false)], [1.5, 7, true])
  assert.deepEqual(
    [conf.getTimeAsMs('t', '0'), conf.getTimeAsMs('plain', '0'), conf.getTimeAsMs('missing', '2min')],
    [10_000, 250, 120_000],
  )
  assert.deepEqual(
    [
      conf.getLong('plain', 0),
      conf.getLong('missing', 8),
      conf.getBoolean('no', true),
      conf.getBoolean('missing', true),
    ],
    [250, 8, false, true],
  )
  assert.throws(() => conf.getLong('blank', 1), { code: 'E_CONF' })
  assert.throws(() => conf.getInt('odd', 1), { code: 'E_CONF' })
  assert.throws(() => conf.getBoolean('odd', true), { code: 'E_CONF' })
  assert.throws(() => conf.getTimeAsMs('odd', '0'), { code: 'E_CONF' })
})

test('a clone goes its own way', () => {
  const conf = new SparkConf({ a: 1 })
  const clone = conf.clone()
  assert.equal(clone.set('b', 2).get('a'), '1')
  assert.equal(conf.contains('b'), false)
})
