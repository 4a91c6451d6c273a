/*
 * Where this library's own files are. Code that is published lies in other folders than its sources, several modules in
 * one file, so nothing may count folders from where it stands.
 */

const FOLDER = '/lib/'
const at = import.meta.url.lastIndexOf(FOLDER)

/** The folder that holds the library, with a slash at its end; in a bundle that somebody made of it, the bundle's. */
export const library: string =
  at < 0 ? new URL('./', import.meta.url).href : import.meta.url.slice(0, at + FOLDER.length)

/** A module of the library as it lies on the disk: `ownModule('cli/bin')`. */
export const ownModule = (name: string): URL =>
  new URL(name + (import.meta.url.endsWith('.ts') ? '.ts' : '.js'), library)

/** What a program may import, and the module behind it. */
export const doors: Readonly<Record<string, string>> = {
  sluice: 'index',
  'sluice/testing': 'testing/index',
  'sluice/testing/contracts': 'testing/contracts/index',
  'sluice/aws': 'adapters/aws/index',
  'sluice/lambda': 'hosts/functions/index',
  'sluice/lambda/coordinator': 'hosts/lambda/index',
  'sluice/lambda/receiver': 'hosts/functions/receiver',
  'sluice/serverless': 'hosts/serverless/index',
  'sluice/sinks': 'adapters/index',
  'sluice/kafka': 'api/kafka/index',
}
