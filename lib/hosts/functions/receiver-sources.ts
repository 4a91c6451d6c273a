import { RawSocketReceiver } from '../../adapters/local/raw-socket-receiver.ts'
import { SocketReceiver, SocketTextReceiver } from '../../adapters/local/socket-receiver.ts'
import type { SourceFactories } from '../../source/source-factories.ts'
import { receiverSource } from '../../source/receiver/receiver-source.ts'
import { socketFacts } from '../../source/receiver/socket-facts.ts'
import { functionSources } from './function-sources.ts'

/** Sources as the function of a receiver has them: with connections. */
export const receiverSources: SourceFactories = {
  ...functionSources,
  socketText: (host, port, options) =>
    receiverSource(new SocketTextReceiver(host, port, options), socketFacts.text(host, port)),
  socketStream: (host, port, convert) =>
    receiverSource(new SocketReceiver(host, port, convert), socketFacts.stream(host, port)),
  rawSocket: <T>(host: string, port: number) =>
    receiverSource(new RawSocketReceiver<T>(host, port), socketFacts.raw(host, port)),
}
