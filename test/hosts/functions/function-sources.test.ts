import assert from 'node:assert/strict'
import { test } from 'node:test'
import { functionSources } from '../../../lib/hosts/functions/function-sources.ts'
import { receiverSources } from '../../../lib/hosts/functions/receiver-sources.ts'
import { localSources } from '../../../lib/hosts/embedded/local-sources.ts'
import { hasCode } from '../../../lib/model/errors.ts'

test('what takes a process that stays is refused in a function, with what to use', () => {
  for (const receiving of [() => functionSources.http(9999), () => functionSources.standardInput()])
    assert.throws(receiving, (error) => hasCode(error, 'E_RECEIVER_PLACE'))
  for (const reading of [
    () => functionSources.textFiles('./in'),
    () => functionSources.binaryRecords('./in', 8),
    () => functionSources.files('./in', { read: () => [] }),
  ])
    assert.throws(reading, (error) => hasCode(error, 'E_FILES_PLACE'))
})

test('a socket is called the same where batches are planned, where it is received from, and on a machine', () => {
  const [planned, received, local] = [functionSources, receiverSources, localSources].map((sources) =>
    [sources.socketText, sources.rawSocket].map((source) => {
      const { name, address, lines } = source('localhost', 9999)
      return { name, address, lines }
    }),
  )
  assert.deepEqual(planned, local)
  assert.deepEqual(received, local)
})

test('text files in S3 are read in a function, whichever way they are written', () => {
  for (const place of ['s3://bucket/in', 's3a://bucket/in'])
    assert.equal(functionSources.textFiles(place).name, functionSources.textFiles('s3://bucket/in').name)
})
