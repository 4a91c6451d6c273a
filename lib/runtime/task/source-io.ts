import { ObjectKeys } from '../../checkpoint/object-keys.ts'
import type { Host } from '../../host/host.ts'
import type { Head } from '../../model/head.ts'
import type { SourceIo } from '../../source/source.ts'

/** What of a host sources may touch. */
export type SourceHost = Pick<Host<Head>, 'blobs' | 'clock' | 'random' | 'log'>

/** What one source of an app may touch. */
export const sourceIo = (
  { blobs, clock, random, log }: SourceHost,
  { app, inc }: Pick<Head, 'app' | 'inc'>,
  uid: string,
): SourceIo => ({ blobs, clock, random, log, prefix: new ObjectKeys(app, inc).source(uid) })
