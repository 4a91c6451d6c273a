import { socketSources } from '../../adapters/local/socket-sources.ts'
import type { SourceFactories } from '../../source/source-factories.ts'
import { functionSources } from './function-sources.ts'

/** Sources as the function of a receiver has them: with connections. */
export const receiverSources: SourceFactories = { ...functionSources, ...socketSources }
