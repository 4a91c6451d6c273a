import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Where a shell of a user's is neither within a test, nor has the sources of this repository. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, npm_config_node_options: _npm, ...plain } = process.env
  return plain
}

/** What would be published, built and packed into a folder: the path of its archive. */
export function packedArchive(folder: string): string {
  const said = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    env: plainEnvironment(),
  })
  return join(folder, said.trim().split('\n').at(-1)!)
}
