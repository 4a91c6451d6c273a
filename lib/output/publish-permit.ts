import { SluiceError } from '../model/errors.ts'
import type { BeforeCommit, Head } from '../model/head.ts'
import type { BatchNumber } from '../model/ids.ts'
import type { Manifest } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'

/**
 * The right to show the outputs of one batch. Only a head gives it, one that was written or read: it has committed the
 * batch, or holds its plan open, so that what is shown is what stays (invariant I5 of `docs/protocol.md`).
 */
export class PublishPermit {
  readonly manifest: Manifest
  /** `null`: the batch is committed. */
  readonly beforeCommit: BeforeCommit | null
  /** The first batch whose manifest can name what is written while this one is shown. */
  readonly namedFrom: BatchNumber

  private constructor(manifest: Manifest, beforeCommit: BeforeCommit | null, namedFrom: BatchNumber) {
    this.manifest = manifest
    this.beforeCommit = beforeCommit
    this.namedFrom = namedFrom
  }

  /** Of a batch that the head has committed and whose outputs are not all shown. Throws `E_NOT_COMMITTED`. */
  static committed(head: Head, ref: BlobRef, manifest: Manifest): PublishPermit {
    const isNamed = [head.manifest, ...head.owed.map((owed) => owed.manifest)].some((named) => named?.key === ref.key)
    if (!isNamed || manifest.batch > head.committed) throw notCommitted(head, manifest)
    return new PublishPermit(manifest, null, head.committed + 1)
  }

  /** Of the batch whose plan the head holds open, for outputs that come before the commit. Throws `E_NOT_COMMITTED`. */
  static beforeCommit(head: Head, ref: BlobRef, manifest: Manifest): PublishPermit {
    if (!head.plan || manifest.batch !== head.committed + 1) throw notCommitted(head, manifest)
    return new PublishPermit(manifest, { plan: head.plan.nonce, manifest: ref }, manifest.batch + 1)
  }
}

const notCommitted = ({ app, committed }: Head, { batch }: Manifest): SluiceError =>
  new SluiceError(
    'E_NOT_COMMITTED',
    `The head of "${app}" is at batch ${committed} and gives no right to show ${batch}.`,
    {
      where: { batch },
      did: 'nothing was shown',
      next: ['let the coordinator deliver it'],
    },
  )
