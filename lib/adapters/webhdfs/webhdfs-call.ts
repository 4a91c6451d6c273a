/** What is asked of a name node, or of the data node that it names. */
export interface HdfsRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  readonly url: URL
  readonly body?: Uint8Array
  readonly signal?: AbortSignal
}

export interface HdfsAnswer {
  readonly status: number
  /** Where it sends on to, of a redirect. */
  readonly location: string | undefined
  readonly body: Uint8Array
}

/** One request and its answer, whatever the status. Rejects where there is none. */
export type HdfsCall = (request: HdfsRequest) => Promise<HdfsAnswer>

/** How long a node may say nothing. */
const SILENCE_MS = 30_000

/**
 * By the HTTP of Node and not by `fetch`: a data node begins its answer with `100 Continue` though nobody asked for it,
 * and `fetch` takes that for a broken connection. Redirects are not followed.
 */
export const hdfsCall: HdfsCall = ({ method, url, body, signal }) => {
  const { promise, resolve, reject } = Promise.withResolvers<HdfsAnswer>()
  const { request } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http')
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(body?.byteLength ?? 0) }
  const call = request(url, { method, headers, agent: false, ...(signal ? { signal } : {}) }, (response) => {
    const chunks: Uint8Array[] = []
    response.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    response.on('error', reject)
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        location: response.headers.location,
        body: Buffer.concat(chunks),
      }),
    )
  })
  call.setTimeout(SILENCE_MS, () => call.destroy(new Error(`nothing was heard for ${SILENCE_MS} ms`)))
  call.on('error', reject)
  call.end(body)
  return promise
}
