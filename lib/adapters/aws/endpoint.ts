import { SluiceError } from '../../model/errors.ts'

/**
 * The address of a service other than Amazon's, as the environment gives it. Requests are signed with the credentials
 * of this process and carry its data, so what is no web address, or that of a metadata service or of the Lambda
 * runtime, is `E_ENDPOINT`. Addresses come from the environment only, never from data.
 */
export function checkedEndpoint(name: string, text: string, runtimeApi: string | undefined): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw wrong(name, 'is not an address that begins with http:// or https://')
  if (url.username !== '' || url.password !== '') throw wrong(name, 'holds a user or a password')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isRefused(host)) throw wrong(name, `leads to ${host}, which is link-local or a metadata service`)
  if (runtimeApi !== undefined && url.host === runtimeApi) throw wrong(name, 'leads to the runtime of this function')
  return text
}

/** Where credentials of this machine are handed out, and its neighbours: no service of ours is there. */
function isRefused(host: string): boolean {
  const { BlockList, isIP } = process.getBuiltinModule('node:net')
  const refused = new BlockList()
  refused.addSubnet('169.254.0.0', 16, 'ipv4')
  refused.addSubnet('0.0.0.0', 8, 'ipv4')
  refused.addSubnet('fe80::', 10, 'ipv6')
  refused.addSubnet('fd00:ec2::', 32, 'ipv6')
  const family = isIP(host)
  return family !== 0 && refused.check(host, family === 4 ? 'ipv4' : 'ipv6')
}

/** The value is not shown: it may hold a password. */
const wrong = (name: string, why: string): SluiceError =>
  new SluiceError('E_ENDPOINT', `The environment variable ${name} ${why}.`, {
    where: { detail: name },
    did: 'nothing was sent',
    next: [
      `unset ${name} for Amazon's own services`,
      `or set it to the address of a server, such as http://127.0.0.1:9000`,
    ],
  })
