import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import { SluiceError } from '../../model/errors.ts'
import { loadPackage } from './load-package.ts'
import type { AwsCredentials } from './connection-options.ts'

const LIFETIME_S = 900

/**
 * The token of Amazon MSK's IAM authentication: a URL for `kafka-cluster:Connect`, signed for fifteen minutes, in
 * base64. `now` is the time of the signature.
 */
export async function mskToken(
  region: string,
  credentials: () => Promise<AwsCredentials> = environmentCredentials,
  now: Date = new Date(),
): Promise<string> {
  const { SignatureV4 } = await loadPackage('@smithy/signature-v4', () => import('@smithy/signature-v4'))
  const signer = new SignatureV4({ service: 'kafka-cluster', region, credentials, sha256: Sha256 })
  const hostname = `kafka.${region}.amazonaws.com`
  const request = {
    method: 'GET',
    protocol: 'https:',
    hostname,
    path: '/',
    headers: { host: hostname },
    query: { Action: 'kafka-cluster:Connect' },
  }
  const { query } = await signer.presign(request, { expiresIn: LIFETIME_S, signingDate: now })
  const entries = Object.entries({ ...query, 'User-Agent': 'sluice' }).flatMap(([name, values]) =>
    [values ?? ''].flat().map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  )
  return Buffer.from(`https://${hostname}/?${entries.join('&')}`).toString('base64url')
}

/** Those that Lambda, ECS and the command line put there. */
async function environmentCredentials(): Promise<AwsCredentials> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env
  if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY)
    return {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    }
  throw new SluiceError('E_KAFKA_OPTION', 'AWS_MSK_IAM finds no credentials in the environment.', {
    did: 'no connection was opened',
    next: ['set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY', 'or give `credentials`'],
  })
}

/** What the signer asks for, on Node's own hashes. */
class Sha256 {
  readonly #make: () => Hash | Hmac
  #hash: Hash | Hmac

  constructor(secret?: unknown) {
    this.#make = () =>
      secret === undefined ? createHash('sha256') : createHmac('sha256', Buffer.from(secret as Uint8Array))
    this.#hash = this.#make()
  }
  update(data: Uint8Array | string): void {
    this.#hash.update(data)
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
  reset(): void {
    this.#hash = this.#make()
  }
}
