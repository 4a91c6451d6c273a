// Plain JavaScript that any Node can parse: an older Node must reach the message below, not a syntax error.
const needed = 24
const found = Number(process.versions.node.split('.')[0])

if (found < needed) {
  console.error(
    `E_NODE_VERSION  This is Node ${process.versions.node}; Sluice needs ${needed} or newer, and nothing was run.\n` +
      'Run `npm ci` without --ignore-scripts: it installs the right Node next to the project, and npm ' +
      'scripts use that one.',
  )
  process.exit(1)
}
