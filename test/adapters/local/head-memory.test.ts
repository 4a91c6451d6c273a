import { MemoryHeadStore } from '../../../lib/adapters/local/head-memory.ts'
import { headStoreContract } from '../../../lib/testing/contracts/head-store.ts'

headStoreContract('memory head', async () => {
  const head = new MemoryHeadStore<unknown>()
  return { connect: async () => head }
})
