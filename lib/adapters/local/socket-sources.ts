import { receiverSource } from '../../source/receiver/receiver-source.ts'
import { socketFacts } from '../../source/receiver/socket-facts.ts'
import { checkOptions } from '../../model/options.ts'
import { LINE_OPTIONS } from '../../source/source-options.ts'
import type { SourceFactories } from '../../source/source-factories.ts'
import { RawSocketReceiver } from './raw-socket-receiver.ts'
import { SocketReceiver, SocketTextReceiver } from './socket-receiver.ts'

/** Sources that connect to a socket, for processes that may hold a connection. */
export const socketSources: Pick<SourceFactories, 'socketText' | 'socketStream' | 'rawSocket'> = {
  socketText: (host, port, options = {}) => {
    checkOptions(`the socket ${host}:${port}`, options, LINE_OPTIONS)
    return receiverSource(new SocketTextReceiver(host, port, options), socketFacts.text(host, port))
  },
  socketStream: (host, port, convert) =>
    receiverSource(new SocketReceiver(host, port, convert), socketFacts.stream(host, port)),
  rawSocket: <T>(host: string, port: number) =>
    receiverSource(new RawSocketReceiver<T>(host, port), socketFacts.raw(host, port)),
}
