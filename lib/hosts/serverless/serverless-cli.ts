import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Credentials } from '../../adapters/aws/clients.ts'
import { SluiceError } from '../../model/errors.ts'
import type { FunctionBlock } from './functions.ts'

/** What this plugin uses of the Serverless CLI (osls 4). */
export interface Serverless {
  /** The folder of `serverless.yml`. */
  readonly serviceDir?: string
  /** What it is called there. */
  readonly configurationFilename?: string
  /** What `serverless.yml` holds. */
  readonly configurationInput: Readonly<Record<string, unknown>>
  /** Where a plugin declares the blocks that it reads. */
  readonly configSchemaHandler: { defineTopLevelProperty(name: string, schema: object): void }
  /** The account that is deployed to, and how its services are called. */
  getProvider(name: 'aws'): Provider
  /** Runs another command, in the same process. */
  readonly pluginManager: { spawn(command: string): Promise<void> }
  /** The service as it is packaged; functions are added to it. */
  readonly service: {
    readonly service: string
    readonly provider: {
      readonly name?: string
      readonly stage?: string
      readonly runtime?: string
      readonly architecture?: string
      readonly environment?: Readonly<Record<string, unknown>>
      readonly compiledCloudFormationTemplate: { readonly Resources: Record<string, Resource> }
    }
    readonly functions: Record<string, FunctionBlock>
  }
}

interface Provider {
  getAccountId(): Promise<string>
  getRegion(): string
  getAwsSdkV3Config(): Promise<SdkConfig>
}

export interface SdkConfig {
  readonly region: string
  readonly credentials: Credentials
}

export interface Resource {
  readonly Type: string
  Properties: Record<string, any>
}

export interface CommandLine {
  readonly stage?: string
  readonly delete?: string
}

export interface Tools {
  readonly log?: { notice?(message: string): void }
}

export const folderOf = ({ serviceDir }: Pick<Serverless, 'serviceDir'>): string => serviceDir ?? process.cwd()

/** `serverless.yml` as it was written. */
export function writtenText(serverless: Pick<Serverless, 'serviceDir' | 'configurationFilename'>): string {
  const { configurationFilename = 'serverless.yml' } = serverless
  try {
    return readFileSync(join(folderOf(serverless), configurationFilename), 'utf8')
  } catch {
    // Made by a program: there is no file that could hold anything.
    return ''
  }
}

/**
 * Runs a step; what it refuses is shown as the Serverless CLI shows its own refusals: what and why and what next, and
 * no stack.
 */
export function forTheTerminal<T>(run: () => T): T {
  try {
    const result = run()
    return result instanceof Promise ? (result.catch(rethrow) as T) : result
  } catch (error) {
    return rethrow(error)
  }
}

function rethrow(error: unknown): never {
  if (!(error instanceof SluiceError)) throw error
  const { code, message, did, next } = error
  const text = [
    `${code}  ${message}`,
    ...(did === '' ? [] : [`did    ${did}`]),
    ...next.map((each) => `next   ${each}`),
  ].join('\n')
  throw Object.assign(new Error(text, { cause: error }), { name: 'ServerlessError', code })
}
