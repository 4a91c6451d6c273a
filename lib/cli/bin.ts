#!/usr/bin/env node
// Nothing is imported before the version is known: an older Node must reach the sentence below.
const needed = 24

if (Number(process.versions.node.split('.')[0]) < needed) {
  process.stderr.write(
    `✕ E_NODE_VERSION  This is Node ${process.versions.node}; sluice needs ${needed} or newer.\n  did    ` +
      `nothing was run\n  next   install Node ${needed}: https://nodejs.org\n`,
  )
  process.exit(2)
}

const { enableCompileCache } = await import('node:module')
enableCompileCache()
const { main } = await import('./main.ts')
await main(process.argv.slice(2))
