import type { buildApp } from 'fauxqs'

type BucketServer = ReturnType<typeof buildApp>

/**
 * Makes the emulator honour `If-None-Match: *` and `If-Match` on writes, as S3 does; by itself it ignores them. One
 * write per object at a time, since check and write must be one step.
 */
export function conditionalWrites(server: BucketServer): void {
  const locks = new Map<string, Promise<void>>()
  const unlocks = new WeakMap<object, () => void>()

  const lock = async (name: string): Promise<() => void> => {
    const before = locks.get(name)
    const { promise, resolve } = Promise.withResolvers<void>()
    const tail = (before ?? Promise.resolve()).then(() => promise)
    locks.set(name, tail)
    await before
    return () => {
      resolve()
      if (locks.get(name) === tail) locks.delete(name)
    }
  }

  server.addHook('preHandler', async (request, reply) => {
    const { pathname, searchParams } = new URL(request.url, 'http://emulator')
    if (!writesObject(request.method, pathname, searchParams)) return undefined
    unlocks.set(request, await lock(pathname))
    const { 'if-none-match': unless, 'if-match': only } = request.headers
    if (!unless && !only) return undefined
    const found = await server.inject({ method: 'HEAD', url: pathname })
    if (unless === '*' && found.statusCode === 200) return refuse(reply, 412, 'PreconditionFailed')
    if (only && found.statusCode === 404) return refuse(reply, 404, 'NoSuchKey')
    if (only && only !== '*' && unquoted(only) !== unquoted(String(found.headers['etag'])))
      return refuse(reply, 412, 'PreconditionFailed')
    return undefined
  })
  server.addHook('onResponse', async (request) => unlocks.get(request)?.())
  server.addHook('onRequestAbort', async (request) => unlocks.get(request)?.())
}

function writesObject(method: string, path: string, query: URLSearchParams): boolean {
  const writes =
    (method === 'PUT' && !query.has('partNumber')) ||
    method === 'DELETE' ||
    (method === 'POST' && query.has('uploadId'))
  return writes && path.split('/').filter(Boolean).length > 1
}

interface Reply {
  code(status: number): { type(type: string): { send(body: string): unknown } }
}

const refuse = (reply: Reply, status: number, code: string): unknown =>
  reply
    .code(status)
    .type('application/xml')
    .send(
      `<?xml version="1.0"?><Error><Code>${code}</Code><Message>A condition of the request does not ` +
        'hold.</Message></Error>',
    )

const unquoted = (etag: string): string => etag.replaceAll('"', '')
