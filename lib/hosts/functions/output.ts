import { clientsUntil } from '../../adapters/aws/bounded.ts'
import { s3Directories } from '../../adapters/aws/s3/s3-directories.ts'
import { checkedHead } from '../../checkpoint/check-head.ts'
import { decideOutput, type OutputRequest } from '../../checkpoint/decide-output.ts'
import { readManifest } from '../../checkpoint/manifest.ts'
import { refsOf, callError } from '../../checkpoint/ref-shape.ts'
import type { OutputEnvironment } from '../../graph/output-operation.ts'
import type { Driver } from '../../lineage/driver.ts'
import { SluiceError } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { BlobRef } from '../../model/refs.ts'
import { count, fields, finite, list, maybe, type Misfit, text } from '../../model/shape.ts'
import type { SerialisedError } from '../../model/task.ts'
import type { DeadLetters } from '../../model/dead-letter.ts'
import { given } from '../../model/given.ts'
import { loadedLater } from '../../model/loaded-later.ts'
import type { OutputHooks, OutputPublisher } from '../../output/output-publisher.ts'
import { PublishPermit } from '../../output/publish-permit.ts'
import { snapshots } from '../../runtime/accumulator-shape.ts'
import { publishHere } from '../../runtime/output/run-output.ts'
import { serialiseError } from '../../runtime/serialised-error.ts'
import { otherGraph, type OutputAnswer, type ShowRequest, type ShownOutput } from '../lambda/calls.ts'
import type { AwsHost } from '../lambda/host.ts'
import type { BuiltApp } from '../program/built-program.ts'
import type { WatchedBatch } from './watched-batch.ts'

/**
 * The output function: outputs of one batch, as far as the head says that they are committed and not marked yet, or
 * that their plan is open. Accumulators and listeners of the program live here. Sinks are told when the invocation
 * gives up, and stop before it is ended.
 */
export async function showOutputs(
  request: ShowRequest,
  app: BuiltApp,
  host: AwsHost,
  notAfter: number,
): Promise<OutputAnswer> {
  checkShape(request)
  const began = host.clock.now()
  const [abort, over] = [new AbortController(), new AbortController()]
  void host.clock.sleepUntil(notAfter, over.signal).then(() => {
    if (!over.signal.aborted) abort.abort(outOfTime(request))
  })
  try {
    if (request.app !== app.name) throw ofAnotherApp()
    const head = checkedHead(await host.head(request.app).read())?.value ?? null
    return {
      shown: await new Showing(request, head, app, host, { signal: abort.signal, notAfter }).all(),
    }
  } catch (error) {
    const ended = host.clock.now()
    return { shown: request.outputs.map((output) => ({ output, began, ended, error: serialiseError(error) })) }
  } finally {
    over.abort()
  }
}

const outOfTime = ({ batch, outputs: [operator] }: ShowRequest): SluiceError =>
  new SluiceError('E_SINK_UNAVAILABLE', 'The function that shows the outputs has no time left.', {
    where: { batch, ...given({ operator }) },
    did: 'the output is owed and tried again',
    next: ['give the output function a longer timeout'],
    retry: true,
  })

/** Few programs listen. */
const watched = loadedLater(() => import('./watched-batch.ts'))
const unheard: OutputHooks = { started: () => {}, completed: () => {} }

class Showing {
  readonly #request: ShowRequest
  readonly #head: Head | null
  readonly #app: BuiltApp
  readonly #host: AwsHost
  readonly #publisher: OutputPublisher
  readonly #manifests = new Map<string, Promise<Manifest>>()
  #watched: WatchedBatch | null = null

  constructor(
    request: ShowRequest,
    head: Head | null,
    app: BuiltApp,
    host: AwsHost,
    until: Pick<OutputEnvironment, 'signal' | 'notAfter'>,
  ) {
    this.#request = request
    this.#head = head
    this.#app = app
    this.#host = host
    const bound = { ...host, clients: clientsUntil(host.clients, until.signal) }
    const environment = { ...outputEnvironment(bound, request, app.context.sparkContext), ...until }
    this.#publisher = publishHere(app.program.graph, host, environment)
  }

  async all(): Promise<ShownOutput[]> {
    const shown: ShownOutput[] = []
    for (const output of this.#request.outputs) {
      const began = this.#host.clock.now()
      const left: DeadLetters[] = []
      const error = await this.#one(output, (letters) => left.push(letters))
      shown.push({ output, began, ended: this.#host.clock.now(), ...given({ error, letters: left[0] }) })
    }
    this.#watched?.completed()
    return shown
  }

  async #one(output: string, setAside: (letters: DeadLetters) => void): Promise<SerialisedError | null> {
    try {
      const decision = decideOutput(this.#head, { ...this.#request, output })
      if (decision.kind === 'marked') return null
      if (decision.kind === 'unknown') throw unknownBatch({ ...this.#request, output })
      const { fingerprint } = this.#app.program
      if (this.#head!.graph !== fingerprint) throw otherGraph(fingerprint, this.#head!.graph, 'nothing was shown')
      const manifest = await this.#manifest(decision.manifest)
      const permit = PublishPermit[decision.when](this.#head!, decision.manifest, manifest)
      this.#count()
      const hooks = await this.#hooks(manifest)
      const [failed] = await this.#publisher.publish(permit, [output], {
        ...hooks,
        setAside: (_output, letters) => setAside(letters),
      })
      if (!failed) return null
      return serialiseError(failed.error)
    } catch (error) {
      return serialiseError(error)
    }
  }

  async #hooks(manifest: Manifest): Promise<OutputHooks> {
    if (!this.#app.context.listeners.hasAny) return unheard
    const { WatchedBatch } = await watched()
    return (this.#watched ??= new WatchedBatch(manifest, this.#request, this.#app, this.#host)).hooks
  }

  /** What tasks added counts once, also where a call that brought it was not answered and is made again. */
  #count(): void {
    const { sparkContext } = this.#app.context
    for (const { batch, accumulators } of this.#request.additions ?? []) {
      if (batch <= (counted.get(sparkContext) ?? 0) || batch > this.#head!.committed) continue
      counted.set(sparkContext, batch)
      this.#publisher.count(
        batch,
        accumulators.map((each) => ({ accumulators: each })),
      )
    }
  }

  #manifest(ref: BlobRef): Promise<Manifest> {
    const known = this.#manifests.get(ref.key) ?? readManifest(this.#host.blobs, ref)
    this.#manifests.set(ref.key, known)
    return known
  }
}

/** The last batch whose additions are in the accumulators of a context. */
const counted = new WeakMap<object, number>()

/** Where `print` writes and `saveAsTextFiles` saves: standard output, and S3. */
const outputEnvironment = (
  { clients, clock }: AwsHost,
  { app, inc }: Pick<ShowRequest, 'app' | 'inc'>,
  driver: Driver,
): OutputEnvironment => ({
  app,
  inc,
  driver,
  files: s3Directories(clients),
  clock,
  write: (text) => {
    process.stdout.write(text)
  },
})

/** Whoever may call this function may send it anything. Throws `E_TASK_SPEC` and `E_REF_SCOPE`. */
function checkShape(request: unknown): void {
  const wrong = envelope(request) ?? beforeCommit(request as ShowRequest)
  if (wrong !== null) throw callError('What this function was asked to show is no output', wrong)
}

const ofAnotherApp = (): SluiceError =>
  new SluiceError('E_TASK_SPEC', 'This function was asked to show outputs of another app.', {
    did: 'nothing was shown',
    next: ['let the coordinator of this app call this function'],
  })

const beforeCommit = (request: ShowRequest): Misfit | null =>
  fields({ beforeCommit: maybe(fields({ plan: text, manifest: refsOf(request)('manifest') })) })(request)

const envelope = fields({
  app: text,
  inc: text,
  batch: count,
  outputs: list(text),
  additions: maybe(list(fields({ batch: count, accumulators: list(snapshots) }))),
  progress: maybe(fields({ submitted: finite, started: finite })),
})

const unknownBatch = ({ app, batch, output }: OutputRequest): SluiceError =>
  new SluiceError(
    'E_NOT_COMMITTED',
    `Batch ${batch} of "${app}" is not committed, so there is nothing to show of "${output}".`,
    { where: { operator: output, batch }, did: 'nothing was shown', next: ['let the coordinator call this function'] },
  )
