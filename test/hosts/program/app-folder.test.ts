import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDirectoryHead } from '../../../lib/adapters/local/head-directory.ts'
import { created } from '../../../lib/checkpoint/transition.ts'
import { decideStart } from '../../../lib/checkpoint/decide.ts'
import { folderOfApp } from '../../../lib/hosts/embedded/embedded-host.ts'
import { appFolder } from '../../../lib/hosts/program/app-folder.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import type { Head } from '../../../lib/model/head.ts'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'

const long = 'x'.repeat(64)
const alike = [
  'orders: köln',
  'orders: k ln',
  'orders-k-ln',
  `${long}a`,
  `${long}b`,
  long,
  '.a',
  'a',
  '-a',
  '日本',
  '京都',
]

test('two names never have one folder, and every folder is a plain name of at most 63 characters', () => {
  const names = [...alike, ...alike.map(appFolder)]
  const folders = new Set(names.map(appFolder))
  assert.equal(folders.size, new Set(names).size)
  for (const folder of folders) assert.match(folder, /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)
  assert.deepEqual(['orders', 'a.b_c-d'].map(appFolder), ['orders', 'a.b_c-d'])
  assert.throws(
    () => appFolder(''),
    (error) => hasCode(error, 'E_NAME'),
  )
})

const headOf = (app: string, name: string): Head =>
  created({
    app,
    inc: 'i',
    graph: 'g',
    intervalMs: 1000,
    zeroTime: 0,
    conf: { 'spark.app.name': name },
    holder: null,
    leaseUntil: 0,
  })

test('the folder of an earlier version is found by the name in its head, and by no other name', async (t) => {
  const dir = await temporaryFolder(t)
  const store = await openDirectoryHead<Head>(join(dir, 'orders-k-ln'))
  await store.cas(0, headOf('orders-k-ln', 'orders: köln'), 'create')
  await store.close()
  assert.equal(await folderOfApp(dir, 'orders: köln'), 'orders-k-ln')
  assert.equal(await folderOfApp(dir, 'orders: k ln'), appFolder('orders: k ln'))
  assert.equal(await folderOfApp(null, 'orders: köln'), appFolder('orders: köln'))
})

test('an app is refused in a folder whose head has another name', () => {
  const claim = { app: 'orders-k-ln', holder: 'h', now: 1, isGone: () => true }
  const head = headOf('orders-k-ln', 'orders: köln')
  assert.deepEqual(decideStart(head, { ...claim, name: 'orders-k-ln' }), { kind: 'foreign', app: 'orders: köln' })
  assert.deepEqual(decideStart(head, { ...claim, name: 'orders: köln' }), { kind: 'acquire' })
})
