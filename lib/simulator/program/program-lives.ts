import { registerHooks } from 'node:module'
import { loadProgram } from '../../hosts/embedded/load-program.ts'
import { type App, isApp } from '../../hosts/program/app.ts'
import { SluiceError } from '../../model/errors.ts'
import { library } from '../../model/library.ts'
import type { Simulation } from './simulation.ts'

const LIFE = 'sluice-life'

/**
 * A program's module, loaded once more for every process of a simulation, with the modules of its own that it imports:
 * a variable of a module is lost with its process, as it is anywhere else. Modules from node_modules are shared.
 */
export class ProgramLives {
  readonly first: App
  readonly simulation: Simulation
  readonly #url: string
  readonly #unused: App[] = []
  #lives = 0

  private constructor(url: string, first: App, simulation: Simulation) {
    this.#url = url
    this.first = first
    this.simulation = simulation
  }

  /** Throws what loading a program throws, and `E_USAGE` when the module does not export an app. */
  static async load(url: string): Promise<ProgramLives> {
    passOnLives()
    const program = await loadProgram(url, { started: () => false })
    if (program.kind === 'classic') throw notAnApp(url)
    const { simulation = {} } = (await import(url)) as { readonly simulation?: Simulation }
    return new ProgramLives(url, program.app, simulation)
  }

  /**
   * Takes back a life in which nothing has run: loading costs memory that is never freed, and who is refused the head
   * tries again and again.
   */
  unused(app: App): void {
    this.#unused.push(app)
  }

  async next(): Promise<App> {
    const unused = this.#unused.pop()
    if (unused) return unused
    const module = (await import(`${this.#url}?${LIFE}=${++this.#lives}`)) as { readonly default: unknown }
    if (!isApp(module.default)) throw notAnApp(this.#url)
    return module.default
  }
}

/** What a module of a life imports belongs to that life too, unless it is the library or a package. */
function passOnLives(): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const found = nextResolve(specifier, context)
      const life = new RegExp(`[?&]${LIFE}=(\\d+)`).exec(context.parentURL ?? '')?.[1]
      if (
        life === undefined ||
        !found.url.startsWith('file:') ||
        found.url.startsWith(library) ||
        found.url.includes('/node_modules/') ||
        found.url.includes(LIFE)
      )
        return found
      return { ...found, url: `${found.url}${found.url.includes('?') ? '&' : '?'}${LIFE}=${life}` }
    },
  })
}

/** A place in a module without the number of its life. */
export const plainPlace = (place: string): string => place.replace(new RegExp(`[?&]${LIFE}=\\d+`), '')

const notAnApp = (url: string): SluiceError =>
  new SluiceError('E_USAGE', 'Only a program that exports an app can be simulated.', {
    where: { place: decodeURIComponent(new URL(url).pathname) },
    did: 'nothing was run',
    next: ["export default app('name', seconds(1), (ssc) => { … })"],
  })
