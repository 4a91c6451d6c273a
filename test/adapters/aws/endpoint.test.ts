import assert from 'node:assert/strict'
import { test } from 'node:test'
import { awsClients } from '../../../lib/adapters/aws/clients.ts'
import { checkedEndpoint } from '../../../lib/adapters/aws/endpoint.ts'
import { assertRefusal, SECRET, thrownBy } from '../../support/secret.ts'

const refused: readonly [address: string, why: RegExp][] = [
  ['http://169.254.169.254/latest/meta-data', /leads to 169\.254\.169\.254, which is link-local or a metadata service/],
  ['http://[fd00:ec2::254]/', /metadata service/],
  ['http://[fe80::1]:9000', /link-local/],
  ['http://2852039166/', /leads to 169\.254\.169\.254/],
  ['http://0/', /leads to 0\.0\.0\.0/],
  ['http://127.0.0.1:9001/2018-06-01', /leads to the runtime of this function/],
  ['file:///etc/passwd', /is not an address that begins with http/],
  ['ftp://example.com', /is not an address/],
  [`//${SECRET}`, /is not an address/],
  [SECRET, /is not an address/],
  [' ', /is not an address/],
  [`https://me:${SECRET}@example.com`, /holds a user or a password/],
]

for (const [address, why] of refused) {
  test(
    `B11: ${address.replaceAll(SECRET, '…')} as an address of a service is E_ENDPOINT with the name of ` +
      'the variable, and is not shown',
    async () => {
      const error = assertRefusal(
        await thrownBy(() =>
          awsClients({
            AWS_ENDPOINT_URL_S3: address,
            AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001',
            AWS_REGION: 'eu-west-1',
          }).s3(),
        ),
        'E_ENDPOINT',
        why,
      )
      assert.match(error.message, /^The environment variable AWS_ENDPOINT_URL_S3 /)
      assert.equal(error.where.detail, 'AWS_ENDPOINT_URL_S3')
    },
  )
}

test('B11: servers of this machine and of others are addresses of services', () => {
  for (const address of [
    'http://127.0.0.1:4566',
    'http://localhost:9000',
    'https://minio.example.com',
    'http://10.0.0.7:8000',
  ])
    assert.equal(checkedEndpoint('AWS_ENDPOINT_URL', address, '127.0.0.1:9001'), address)
})
