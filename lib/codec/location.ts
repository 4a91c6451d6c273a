import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SluiceError } from '../model/errors.ts'
import { callerPlace } from '../model/place.ts'

/** Where files are: on this machine, or in S3 as `s3://bucket/key`. */
type Location = { readonly kind: 'local'; readonly path: string } | { readonly kind: 's3'; readonly url: string }

/** Where files may be put: also into HDFS, by the web address of its name node. */
type OutputLocation = Location | { readonly kind: 'webhdfs'; readonly url: string }

/** What a scheme other than these is answered with. Without an entry: what is said of any. */
const ways: Readonly<Record<string, string>> = {
  hdfs: "copy the files with 'hdfs dfs -get', or mount the file system and give its path",
  webhdfs: "write there by output(name, files('webhdfs://…', { format: 'text' })), and read from a mounted file system",
  http: 'fetch it in a Source of your own, or send with the webhook sink',
  https: 'fetch it in a Source of your own, or send with the webhook sink',
  s3n: 'write s3:// in place of s3n://',
  arn: 'write s3://bucket/key: an ARN of S3 is arn:aws:s3:::bucket/key',
}

/**
 * What the place of an output means: as `locationOf`, or a folder of HDFS as `webhdfs://host:port/path`, with TLS
 * `swebhdfs://`. Throws `E_PLACE`; for `hdfs://`, whose port speaks a protocol of Java, with the address to use.
 */
export function outputLocation(text: string): OutputLocation {
  const [, scheme, place] = (typeof text === 'string' && /^(s?webhdfs|hdfs):(.*)$/is.exec(text)) || []
  if (scheme === undefined) return locationOf(text)
  const found = /^\/\/((?:[^/@]*@)?)([^/:@]+)(:\d+)?(\/.*)$/s.exec(place)
  if (found === null) throw refused(text, ['write webhdfs://namenode:9870/path'])
  const [, user, host, port, path] = found
  if (scheme.toLowerCase() === 'hdfs')
    throw refused(text, [
      `write webhdfs://${user}${host}:9870${path}: the port is that of the name node's web address`,
      'dfs.namenode.http-address says which port that is; swebhdfs:// and port 9871 for TLS',
    ])
  if (port === undefined) throw refused(text, [`write ${scheme}://${user}${host}:9870${path}`])
  return { kind: 'webhdfs', url: `${scheme.toLowerCase()}:${place}` }
}

/**
 * What a path means, the same for sources, sinks and `sc`: a path of this machine, a `file:` URL, or `s3://bucket/key`
 * (`s3a://` too). Throws `E_PLACE` for any other scheme, which would otherwise name a folder on this machine.
 */
export function locationOf(text: string): Location {
  if (typeof text !== 'string' || text.trim() === '') throw noText(text)
  const url = text.trim()
  if (/^s3a?:/i.test(text)) return inS3(text)
  if (/^file:/i.test(text)) return { kind: 'local', path: localPath(text) }
  if (/^~[^/]*(\/|$)/.test(text))
    throw refused(text, [
      "write join(homedir(), …), with join of 'node:path' and homedir of 'node:os': ~ is an abbreviation of shells",
      `for a folder of that name write ./${text}`,
    ])
  const scheme =
    /^([a-z][a-z0-9+.-]+):\//i.exec(url)?.[1] ?? /^(hdfs|viewfs|dbfs|gs|s3n|wasbs?|abfss?|arn):/i.exec(url)?.[1]
  if (scheme === undefined) return { kind: 'local', path: text }
  if (url !== text) throw refused(JSON.stringify(text), [`write ${url}, without white space around it`])
  throw refused(text, [
    ways[scheme.toLowerCase().replace('swebhdfs', 'webhdfs')] ?? 'copy the files to this machine or to S3',
    'use a path of this machine, a file: URL, or s3://bucket/prefix',
  ])
}

/** The same where only this machine will do; `instead` says what works for S3. */
export function localPlace(text: string, instead: string): string {
  const location = locationOf(text)
  if (location.kind === 'local') return location.path
  throw refused(text, [instead])
}

/** A bucket, and what is in it. A name of none would show only when something is read or written. */
function inS3(text: string): Location {
  const url = text.replace(/^s3a?:/i, 's3:')
  if (/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/|$)/.test(url)) return { kind: 's3', url }
  throw refused(text, ['write it as s3://bucket/prefix; names of buckets are lower case'])
}

function noText(place: unknown): SluiceError {
  const next =
    place instanceof URL
      ? ['write fileURLToPath(url), or url.href']
      : ['see whether the variable that it comes from is set']
  return new SluiceError(
    'E_PLACE',
    typeof place === 'string'
      ? 'A place of files is empty.'
      : `A place of files is ${place instanceof URL ? 'a URL' : String(place)}, and no text.`,
    {
      where: { place: callerPlace() },
      did: 'nothing was read or written',
      next,
    },
  )
}

/** `file:///a`, `file:/a`, and `file:a` as Hadoop has it: relative to where the program was started. */
function localPath(url: string): string {
  if (!/^file:\//i.test(url)) return url.slice('file:'.length)
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw refused(url, ['write file:///path, without a host and with whole %xx'], cause)
  }
}

const refused = (text: string, next: readonly string[], cause?: unknown): SluiceError =>
  new SluiceError('E_PLACE', `Files cannot be read from or written to ${text} here.`, {
    where: { place: callerPlace() },
    did: 'nothing was read or written',
    next,
    ...(cause === undefined ? {} : { cause }),
  })

/** One text for every way of naming a place: `./x`, `x/` and links that lead to it. */
export function canonical(text: string): string {
  const location = outputLocation(text)
  if (location.kind !== 'local') return location.url.replace(/\/+$/, '')
  const full = resolve(location.path)
  let existing = full
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing)
  return join(realpathSync(existing), full.slice(existing.length))
}
