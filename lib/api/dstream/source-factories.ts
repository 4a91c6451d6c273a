import type { SourceFactories } from '../../source/source-factories.ts'

let factories: SourceFactories | null = null

/** Called once by the entry point: where the program runs decides what a file and a socket are. */
export function installSourceFactories(installed: SourceFactories): void {
  factories = installed
}

export function sourceFactories(): SourceFactories {
  if (!factories) throw new Error('no sources are installed: import the package, not a file of it')
  return factories
}

export type { BytesToRecords, FileOptions, SourceFactories, TextFileOptions } from '../../source/source-factories.ts'
