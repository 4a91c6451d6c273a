import { given } from '../../model/given.ts'
import { ObjectKeys } from '../../checkpoint/object-keys.ts'
import type { Host } from '../../host/host.ts'
import type { Head } from '../../model/head.ts'
import type { TimeLimit } from '../time-limit.ts'
import type { SourceIo } from '../../source/source.ts'

/** What of a host sources may touch. */
export type SourceHost = Pick<Host<Head>, 'blobs' | 'clock' | 'random' | 'log'> & {
  readonly limit?: Pick<TimeLimit, 'signal'>
}

/** What one source of an app may touch. */
export const sourceIo = (
  { blobs, clock, random, log, limit }: SourceHost,
  { app, inc }: Pick<Head, 'app' | 'inc'>,
  uid: string,
): SourceIo => ({
  blobs,
  clock,
  random,
  log,
  prefix: new ObjectKeys(app, inc).source(uid),
  ...given({ signal: limit?.signal }),
})
