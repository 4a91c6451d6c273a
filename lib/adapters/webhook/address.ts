import { BlockList, isIP } from 'node:net'
import { SluiceError } from '../../model/errors.ts'

/**
 * Addresses that no web hook is meant to reach, unless they are allowed by name: this machine, its neighbours, and the
 * metadata services of clouds.
 */
const refused = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
] as const)
  refused.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of [
  ['::', 96],
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::', 32],
] as const)
  refused.addSubnet(network, bits, 'ipv6')

export class AddressRule {
  readonly #allowed = new BlockList()

  /** `allowed`: addresses, or networks as `10.0.0.0/8`, that are reachable although they would be refused. */
  constructor(allowed: readonly string[]) {
    for (const entry of allowed) {
      const [network = '', bits] = entry.split('/')
      const family = isIP(network)
      if (family === 0)
        throw new SluiceError(
          'E_SINK_ADDRESS',
          `${JSON.stringify(entry)} in allowAddresses is neither an address nor a network.`,
          { did: 'nothing was sent', next: ["write addresses as '127.0.0.1' or '10.0.0.0/8'"] },
        )
      if (bits === undefined) this.#allowed.addAddress(network, kindOf(family))
      else this.#allowed.addSubnet(network, Number(bits), kindOf(family))
    }
  }

  /** An IPv4 address may be dressed as an IPv6 one, in two ways; it counts as what it is. */
  permits(address: string): boolean {
    const plain = asV4(address) ?? address
    const kind = kindOf(isIP(plain))
    return this.#allowed.check(plain, kind) || !refused.check(plain, kind)
  }
}

const kindOf = (family: number): 'ipv4' | 'ipv6' => (family === 4 ? 'ipv4' : 'ipv6')

/**
 * `::ffff:127.0.0.1` (mapped) and `64:ff9b::127.0.0.1` (NAT64), also with the last part in hexadecimal; `null` for any
 * other address.
 */
function asV4(address: string): string | null {
  if (isIP(address) !== 6) return null
  // A URL writes every address in its shortest form, with the last 32 bits as two groups.
  const short = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1)
  const groups = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short)
  if (!groups) return null
  const [high, low] = [parseInt(groups[1]!, 16), parseInt(groups[2]!, 16)]
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}
