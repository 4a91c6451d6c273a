import { messageOf, SluiceError } from '../../model/errors.ts'
import type { HdfsAnswer } from './webhdfs-call.ts'

interface RemoteException {
  readonly exception?: string
  readonly message?: string
}

/** What stays so until somebody changes it. A name node says 403 also for what passes: safe mode, no space. */
const lasting: ReadonlySet<string | undefined> = new Set([
  'AccessControlException',
  'AuthenticationException',
  'AuthorizationException',
  'DSQuotaExceededException',
  'FileAlreadyExistsException',
  'IllegalArgumentException',
  'InvalidPathException',
  'InvalidToken',
  'NSQuotaExceededException',
  'ParentNotDirectoryException',
  'SecurityException',
  'UnsupportedOperationException',
])

/** What an answer comes to that is not the one hoped for. */
export function hdfsAnswerError(shown: string, { status, body }: HdfsAnswer): SluiceError {
  const { exception, message } = remoteException(body)
  const refused = lasting.has(exception) || (exception === undefined && status >= 400 && status < 500)
  const said = message ?? `answered ${status}`
  return new SluiceError(refused ? 'E_SINK_REJECTED' : 'E_SINK_UNAVAILABLE', `${shown}: ${said}`, {
    did,
    ...(refused
      ? { next: ['the user is that of the URL (webhdfs://user@host:port/…), else HADOOP_USER_NAME'] }
      : { retry: true }),
  })
}

/** What no answer comes to. The data nodes have names of their own, which not everybody can look up. */
export function hdfsSilent(shown: string, asked: string, nameNode: string, cause: unknown): SluiceError {
  const which = asked === nameNode ? asked : `the data node ${asked}`
  return new SluiceError('E_SINK_UNAVAILABLE', `${shown}: ${which}: ${messageOf(cause)}`, {
    did,
    retry: true,
    next: [
      asked === nameNode
        ? "give the port of the name node's web address (9870, see dfs.namenode.http-address)"
        : 'make the names of the data nodes known here: the name node sends clients to them',
    ],
    cause,
  })
}

const did = 'what was written so far is no batch until a manifest lists it'

function remoteException(body: Uint8Array): RemoteException {
  try {
    return (JSON.parse(Buffer.from(body).toString()) as { RemoteException?: RemoteException }).RemoteException ?? {}
  } catch {
    return {}
  }
}
