import type { AppName, OperatorUid } from '../model/ids.ts'
import { SluiceError } from '../model/errors.ts'

/**
 * Writes a directory of part files, as Spark's file outputs do. Writing it again replaces it with the same content.
 * Throws `E_SINK_TAKEN` where another app has written it.
 */
export interface DirectoryWriter {
  write(
    path: string,
    parts: readonly { readonly name: string; readonly bytes: Uint8Array }[],
    owner: DirectoryOwner,
  ): Promise<void>
}

/** Who writes a directory. `_SUCCESS` holds it, so that nobody else replaces what is there. */
interface DirectoryOwner {
  readonly app: AppName
  readonly output: OperatorUid
}

export const successOf = ({ app, output }: DirectoryOwner): Uint8Array =>
  Buffer.from(`${JSON.stringify({ app, output })}\n`)

/**
 * Throws `E_SINK_TAKEN` where the `_SUCCESS` that is there names another app. An empty one is Spark's, or of a version
 * that did not say whose it is. Two outputs of one app are told apart before it starts.
 */
export function checkOwner(path: string, success: string, { app, output }: DirectoryOwner): void {
  const owner = ownerIn(success)
  if (owner === null || owner.app === app) return
  throw new SluiceError(
    'E_SINK_TAKEN',
    `${path} holds what output "${owner.output}" of app "${owner.app}" has written.`,
    {
      where: { operator: output },
      did: 'nothing was replaced',
      next: ['give every output of every app a prefix of its own'],
    },
  )
}

function ownerIn(text: string): DirectoryOwner | null {
  try {
    const { app, output } = JSON.parse(text) as Partial<DirectoryOwner>
    return typeof app === 'string' && typeof output === 'string' ? { app, output } : null
  } catch {
    return null
  }
}
