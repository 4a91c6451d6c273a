// Plays a text, line by line and over again, to whoever connects: a server to try streams with.
//   node examples/text-server.ts [file] [lines per second] [port]
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const [file = fileURLToPath(new URL('data/the-mill.txt', import.meta.url)), linesPerSecond = '20', port = '0'] =
  process.argv.slice(2)

const lines = readFileSync(file, 'utf8').trimEnd().split('\n')

const server = createServer((socket) => {
  let next = 0
  const playing = setInterval(() => socket.write(`${lines[next++ % lines.length]}\n`), 1000 / Number(linesPerSecond))
  socket.on('error', () => {})
  socket.on('close', () => clearInterval(playing))
})

server.listen(Number(port), '127.0.0.1', () => {
  const { port: bound } = server.address() as AddressInfo
  if (process.send) process.send({ port: bound })
  else console.log(`Playing ${file} on 127.0.0.1:${bound}`)
})

// Whoever started this may have ended without a word.
process.on('disconnect', () => process.exit())
