import { checkedHead } from '../checkpoint/check-head.ts'
import { decideOutput, type OutputRequest } from '../checkpoint/decide-output.ts'
import { readManifest } from '../checkpoint/manifest.ts'
import type { Head } from '../model/head.ts'
import type { DeadLetters } from '../model/dead-letter.ts'
import type { OutputFailure, OutputHooks, OutputPublisher } from '../output/output-publisher.ts'
import { PublishPermit } from '../output/publish-permit.ts'
import { publishHere } from '../runtime/output/run-output.ts'
import { type Ports, SIMULATED } from './ports.ts'
import type { WorkerFacts } from './sim-launcher.ts'
import { SimProcess } from './sim-process.ts'
import type { Report, WatchedStores } from './stores.ts'

interface OutputOptions {
  readonly ports: Ports
  readonly stores: WatchedStores
  readonly report: Report
  /** Loads the program in a process. */
  readonly start: (process: SimProcess) => Promise<WorkerFacts>
}

/** Processes that show outputs when asked by message, as functions do; one at a time, replaced when it dies. */
export class OutputProcesses {
  readonly #options: OutputOptions
  #process: { readonly process: SimProcess; readonly facts: Promise<WorkerFacts> } | null = null
  #started = 0

  constructor(options: OutputOptions) {
    this.#options = options
  }

  publisherFor(coordinator: SimProcess, { app, inc, epoch }: Head): OutputPublisher {
    return {
      count: () => {},
      publish: async ({ manifest: { batch }, beforeCommit }, outputs, hooks) => {
        const failed: OutputFailure[] = []
        for (const output of outputs) {
          hooks.started(output)
          const about = `${output} ${batch}`
          const call = { port: 'launcher', operation: 'publish', about, changes: true } as const
          try {
            const letters = await this.#options.ports.call(coordinator, call, () =>
              this.#asked({ app, inc, batch, output, ...(beforeCommit ? { beforeCommit } : {}) }, epoch),
            )
            if (letters) hooks.setAside?.(output, letters)
            hooks.completed(output, null)
          } catch (error) {
            failed.push({ output, error })
            hooks.completed(output, error)
          }
        }
        return failed
      },
    }
  }

  async #asked(request: OutputRequest, epoch: number): Promise<DeadLetters | null> {
    const { ports } = this.#options
    const { process, facts } = this.#running()
    const silence = process.ended.then(async () => {
      await ports.world.sleep(200)
      throw new Error(`${SIMULATED}${process.name} is gone`)
    })
    return Promise.race([facts.then((each) => this.#show(request, epoch, process, each)), silence])
  }

  #running(): { readonly process: SimProcess; readonly facts: Promise<WorkerFacts> } {
    const { ports, start } = this.#options
    if (this.#process?.process.isAlive) return this.#process
    const process = new SimProcess(`output-${++this.#started}`, ports.world, () => ports.count('output process died'))
    return (this.#process = { process, facts: start(process) })
  }

  async #show(
    request: OutputRequest,
    epoch: number,
    process: SimProcess,
    { program, host }: WorkerFacts,
  ): Promise<DeadLetters | null> {
    const { ports, stores, report } = this.#options
    const head = checkedHead(await ports.head(process, stores.head).read())?.value ?? null
    const decision = decideOutput(head, request)
    if (decision.kind !== 'show') {
      ports.count(`asked for what is ${decision.kind}`)
      if (decision.kind === 'marked') return null
      throw new Error(`${SIMULATED}batch ${request.batch} is not committed`)
    }
    const { batch, output } = request
    if (head!.epoch < epoch)
      report('shown unknown', `${output} of batch ${batch} is shown for whom the head does not name`)
    const isOwed = head!.owed.some((owed) => owed.batch === batch && owed.output === output)
    if (batch <= head!.outDone && !isOwed) report('shown late', `${output} of batch ${batch} was marked, and is shown`)
    const manifest = await readManifest(host.blobs, decision.manifest)
    let letters: DeadLetters | null = null
    const [failed] = await publishHere(program.graph, host, {
      app: request.app,
      inc: request.inc,
      write: () => {},
      files: { write: async () => {} },
      driver: program.driver,
      clock: host.clock,
    }).publish(PublishPermit[decision.when](head!, decision.manifest, manifest), [output], {
      ...unwatched,
      setAside: (_output, left) => void (letters = left),
    })
    if (failed) throw failed.error
    return letters
  }
}

const unwatched: OutputHooks = { started: () => {}, completed: () => {} }
