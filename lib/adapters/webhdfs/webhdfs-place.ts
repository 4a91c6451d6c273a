import { hostname, userInfo } from 'node:os'
import { threadId } from 'node:worker_threads'
import type { FilePlace } from '../../output/file-place.ts'
import { type HdfsAnswer, type HdfsCall, hdfsCall, type HdfsRequest } from './webhdfs-call.ts'
import { hdfsAnswerError, hdfsSilent } from './webhdfs-errors.ts'

interface Status {
  readonly pathSuffix: string
  readonly length: number
}

interface Page {
  readonly DirectoryListing: {
    readonly partialListing: { readonly FileStatuses: { readonly FileStatus: readonly Status[] } }
    readonly remainingEntries: number
  }
}

/**
 * A folder of HDFS, by WebHDFS: `webhdfs://host:port/path`, where the port is that of the name node's web address, and
 * `swebhdfs://` for TLS; `webhdfs://user@host:port/path` says as whom, otherwise it is `HADOOP_USER_NAME` or who runs
 * the program. Files are written in `_temporary` and get their names, whole, by a rename. `call` is for tests.
 */
export function webHdfsPlace(target: string, call: HdfsCall = hdfsCall): FilePlace {
  const node = new NameNode(target, call)
  const folders = new Folders(node)
  const temporary = async (name: string, bytes: Uint8Array, signal?: AbortSignal): Promise<string> => {
    await folders.made()
    const path = `_temporary/${name.replaceAll('/', '.')}.${writer}.${++count}`
    await node.create(path, bytes, signal)
    return path
  }
  return {
    shown: node.shown,
    ready: async () => {},
    read: (name) => node.open(name),
    async put(name, bytes, signal) {
      const written = await temporary(name, bytes, signal)
      signal?.throwIfAborted()
      await folders.into(() =>
        node.ask('PUT', written, { op: 'RENAME', destination: node.pathOf(name), renameoptions: 'OVERWRITE' }),
      )
    },
    async putFirst(name, bytes) {
      if ((await node.length(name)) !== null) return
      const written = await temporary(name, bytes)
      // Without an option a rename leaves what has the name already, and says so by an answer that is no error.
      await folders.into(() => node.ask('PUT', written, { op: 'RENAME', destination: node.pathOf(name) }))
      await node.ask('DELETE', written, { op: 'DELETE' })
    },
    async sizes(names, prefix) {
      const [wanted, last] = [new Set(names), names.at(-1)!]
      const found = new Map<string, number>()
      // A name node decodes the name to list from once more than it was encoded.
      if (prefix.includes('%')) {
        for (const name of names) {
          const length = await node.length(name)
          if (length !== null) found.set(name, length)
        }
        return found
      }
      for (let after = prefix; ;) {
        const page = await node.page(after)
        if (page === null) return found
        const { partialListing, remainingEntries } = page.DirectoryListing
        const listed = partialListing.FileStatuses.FileStatus
        for (const { pathSuffix, length } of listed) if (wanted.has(pathSuffix)) found.set(pathSuffix, length)
        if (remainingEntries === 0 || listed.length === 0 || listed.at(-1)!.pathSuffix >= last) return found
        after = listed.at(-1)!.pathSuffix
      }
    },
  }
}

/** Whoever else writes the same file at this moment, on whatever machine, has a temporary file of another name. */
const writer = `${encodeURIComponent(hostname())}.${process.pid}.${threadId}`
let count = 0

/** The folders that a rename needs and does not make. */
class Folders {
  readonly #node: NameNode
  #made = false

  constructor(node: NameNode) {
    this.#node = node
  }

  async made(): Promise<void> {
    if (this.#made) return
    await this.#node.ask('PUT', '_manifest', { op: 'MKDIRS' })
    this.#made = true
  }

  /** After a rename that failed they are made again: somebody may have deleted them. */
  async into(rename: () => Promise<unknown>): Promise<void> {
    try {
      await rename()
    } catch (error) {
      this.#made = false
      throw error
    }
  }
}

type Parameters = { readonly op: string } & Readonly<Record<string, string>>

/** The operations of WebHDFS that a place needs, on paths below its folder. */
class NameNode {
  readonly shown: string
  readonly #base: URL
  readonly #folder: string
  readonly #user: string
  readonly #call: HdfsCall

  constructor(target: string, call: HdfsCall) {
    const { protocol, host, pathname, username } = new URL(target)
    const scheme = protocol === 'swebhdfs:' ? 'https' : 'http'
    this.shown = `${protocol}//${host}${pathname}`
    this.#base = new URL(`${scheme}://${host}/webhdfs/v1`)
    this.#folder = decodeURIComponent(pathname).replace(/\/+$/, '')
    this.#user = username === '' ? (process.env.HADOOP_USER_NAME ?? userInfo().username) : decodeURIComponent(username)
    this.#call = call
  }

  /** The path of a file in HDFS. */
  pathOf(name: string): string {
    return `${this.#folder}/${name}`
  }

  async ask(method: HdfsRequest['method'], name: string, parameters: Parameters): Promise<HdfsAnswer> {
    const answer = await this.#send({ method, url: this.#urlOf(name, parameters) })
    if (answer.status >= 300) throw this.#refused(answer)
    return answer
  }

  /** First the name node is asked for a data node, then that one is given the bytes. */
  async create(name: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const given = signal ? { signal } : {}
    const url = this.#urlOf(name, { op: 'CREATE', overwrite: 'true' })
    const sent = await this.#send({ method: 'PUT', url, ...given })
    if (sent.status !== 307 || sent.location === undefined) throw this.#refused(sent)
    const written = await this.#send({ method: 'PUT', url: new URL(sent.location), body: bytes, ...given })
    if (written.status !== 201) throw this.#refused(written)
  }

  /** `null`: there is no such file. */
  async open(name: string): Promise<Uint8Array | null> {
    const sent = await this.#send({ method: 'GET', url: this.#urlOf(name, { op: 'OPEN' }) })
    if (sent.status === 404) return null
    if (sent.status !== 307 || sent.location === undefined) throw this.#refused(sent)
    const read = await this.#send({ method: 'GET', url: new URL(sent.location) })
    if (read.status !== 200) throw this.#refused(read)
    return read.body
  }

  /** In bytes; `null`: there is no such file. */
  async length(name: string): Promise<number | null> {
    const answer = await this.#send({ method: 'GET', url: this.#urlOf(name, { op: 'GETFILESTATUS' }) })
    if (answer.status === 404) return null
    if (answer.status !== 200) throw this.#refused(answer)
    return (JSON.parse(Buffer.from(answer.body).toString()) as { readonly FileStatus: Status }).FileStatus.length
  }

  /** Names behind `after` in order, as many as the name node gives at once; `null`: there is no such folder. */
  async page(after: string): Promise<Page | null> {
    const url = this.#urlOf('', { op: 'LISTSTATUS_BATCH', startAfter: after })
    const answer = await this.#send({ method: 'GET', url })
    if (answer.status === 404) return null
    if (answer.status !== 200) throw this.#refused(answer)
    return JSON.parse(Buffer.from(answer.body).toString()) as Page
  }

  #urlOf(name: string, parameters: Parameters): URL {
    const url = new URL(this.#base)
    url.pathname += this.pathOf(name).split('/').map(encodeURIComponent).join('/')
    url.search = new URLSearchParams({ 'user.name': this.#user, ...parameters }).toString()
    return url
  }

  async #send(request: HdfsRequest): Promise<HdfsAnswer> {
    try {
      return await this.#call(request)
    } catch (error) {
      request.signal?.throwIfAborted()
      throw hdfsSilent(this.shown, request.url.host, this.#base.host, error)
    }
  }

  #refused = (answer: HdfsAnswer): Error => hdfsAnswerError(this.shown, answer)
}
