import type { Source } from '../source.ts'

type SocketFacts = Pick<Source<unknown>, 'name' | 'address' | 'lines'>

/** What streams of sockets are called, in whichever process they are defined. */
export const socketFacts = {
  text: (host: string, port: number): SocketFacts => ({
    name: 'Socket text stream',
    address: `${host}:${port}`,
    lines: true,
  }),
  stream: (host: string, port: number): SocketFacts => ({ name: 'Socket stream', address: `${host}:${port}` }),
  raw: (host: string, port: number): SocketFacts => ({ name: 'Raw stream', address: `${host}:${port}` }),
}
