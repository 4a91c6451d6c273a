import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import { mskToken } from '../../../lib/adapters/kafka/msk-token.ts'

test(
  'a token for MSK is a URL that is signed for kafka-cluster:Connect, as the documentation of ' + 'signatures has it',
  async () => {
    const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'session/+=' }
    const token = await mskToken('eu-central-1', async () => credentials, new Date('2026-01-02T03:04:05Z'))
    const url = new URL(Buffer.from(token, 'base64url').toString())
    assert.equal(url.host, 'kafka.eu-central-1.amazonaws.com')
    const query = Object.fromEntries(url.searchParams)
    assert.equal(query['Action'], 'kafka-cluster:Connect')
    assert.equal(query['X-Amz-Expires'], '900')
    assert.equal(query['X-Amz-Security-Token'], 'session/+=')
    assert.equal(query['User-Agent'], 'sluice')
    assert.equal(query['X-Amz-Credential'], 'AKID/20260102/eu-central-1/kafka-cluster/aws4_request')

    const { 'X-Amz-Signature': signature, 'User-Agent': _, ...signed } = query
    const escaped = (text: string): string =>
      encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    const canonical = Object.entries(signed)
      .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
      .sort()
      .join('&')
    const empty = createHash('sha256').digest('hex')
    const request = ['GET', '/', canonical, `host:${url.host}`, '', 'host', empty].join('\n')
    const scope = '20260102/eu-central-1/kafka-cluster/aws4_request'
    const hashed = createHash('sha256').update(request).digest('hex')
    const key = ['20260102', 'eu-central-1', 'kafka-cluster', 'aws4_request'].reduce<string | Buffer>(
      (from, part) => createHmac('sha256', from).update(part).digest(),
      'AWS4secret',
    )
    const text = ['AWS4-HMAC-SHA256', '20260102T030405Z', scope, hashed].join('\n')
    assert.equal(signature, createHmac('sha256', key).update(text).digest('hex'))
  },
)
