import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import type { BlobStore } from '../../lib/host/blob-store.ts'
import type { HeadStore, Versioned } from '../../lib/host/head-store.ts'
import { SluiceError } from '../../lib/model/errors.ts'
import { blobStoreContract } from '../../lib/testing/contracts/blob-store.ts'
import { headStoreContract } from '../../lib/testing/contracts/head-store.ts'

// Stores that break one promise each, and the suites that have to find it: store-contracts.test.ts runs this file.

interface Register {
  rev: number
  value: unknown
}

type Cas = (register: Register, expected: number, value: unknown) => boolean | Promise<boolean>
type Read = (register: Register, before: Register) => Versioned<unknown> | null

const soundCas: Cas = (register, expected, value) => {
  if (register.rev !== expected) return false
  Object.assign(register, { rev: expected + 1, value: structuredClone(value) })
  return true
}
const soundRead: Read = ({ rev, value }) => (rev === 0 ? null : { rev, value: structuredClone(value) })

/** A store whose connections after the first one are made by `others`. */
function headStore({ cas = soundCas, read = soundRead, others = read }: { cas?: Cas; read?: Read; others?: Read }) {
  return async () => {
    const register: Register = { rev: 0, value: null }
    let before = { ...register }
    let connections = 0
    const connect = async (): Promise<HeadStore<unknown>> => {
      const reads = connections++ === 0 ? read : others
      return {
        read: async () => reads(register, before),
        cas: async (expected, value) => {
          const old = { ...register }
          const isWritten = await cas(register, expected, value)
          if (isWritten) before = old
          return isWritten ? 'written' : 'refused'
        },
        close: async () => {},
      }
    }
    return { connect }
  }
}

const put = (register: Register, rev: number, value: unknown): true => {
  Object.assign(register, { rev, value: structuredClone(value) })
  return true
}

for (const [name, broken] of Object.entries({
  'sound head': {},
  'head that is born with a value': { read: ({ rev, value }: Register) => ({ rev, value: value ?? 'born' }) },
  'head that is stale elsewhere': { others: (_now: Register, before: Register) => soundRead(before, before) },
  'head that takes old revisions': {
    cas: (now: Register, rev: number, value: unknown) => rev <= now.rev && put(now, now.rev + 1, value),
  },
  'head that takes revisions to come': {
    cas: (now: Register, rev: number, value: unknown) => rev >= now.rev && put(now, rev + 1, value),
  },
  'head that changes what it refuses': {
    cas: (now: Register, rev: number, value: unknown) => {
      if (rev === now.rev) return put(now, rev + 1, value)
      now.value = value
      return false
    },
  },
  'head that keeps what it is given': {
    cas: (now: Register, rev: number, value: unknown) =>
      rev === now.rev && !!Object.assign(now, { rev: rev + 1, value }),
  },
  'head that gives what it keeps': { read: ({ rev, value }: Register) => (rev === 0 ? null : { rev, value }) },
  'head that loses zeros': {
    read: ({ rev, value }: Register) =>
      rev === 0
        ? null
        : { rev, value: typeof value === 'string' ? value.replaceAll('\0', '') : structuredClone(value) },
  },
  'head that looks before it writes': {
    cas: async (now: Register, rev: number, value: unknown) => {
      if (now.rev !== rev) return false
      await new Promise((resolve) => setImmediate(resolve))
      return put(now, rev + 1, value)
    },
  },
}))
  headStoreContract(name, headStore(broken))

/** A store in memory of which one method is another. */
const blobStore = (methods: (sound: BlobStore) => Partial<BlobStore>) => async (): Promise<BlobStore> => {
  const sound = new MemoryBlobStore()
  const store: BlobStore = {
    putNew: (key, bytes) => sound.putNew(key, bytes),
    get: (key) => sound.get(key),
    getRange: (key, offset, length) => sound.getRange(key, offset, length),
    list: (prefix) => sound.list(prefix),
    delete: (key) => sound.delete(key),
  }
  return { ...store, ...methods(store) }
}

for (const [name, broken] of Object.entries<(sound: BlobStore) => Partial<BlobStore>>({
  'sound store': () => ({}),
  'store that has no empty objects': ({ putNew }) => ({
    putNew: async (key, bytes) => {
      if (bytes.length > 0 || !key.includes('object')) await putNew(key, bytes)
    },
  }),
  'store that writes a name again': ({ putNew, delete: remove }) => ({
    putNew: async (key, bytes) => {
      if (key.startsWith('man')) await remove(key)
      await putNew(key, bytes)
    },
  }),
  'store that says nothing of a second write': ({ putNew }) => ({
    putNew: (key, bytes) => putNew(key, bytes).catch(() => {}),
  }),
  'store that says a second write is something else': ({ putNew }) => ({
    putNew: (key, bytes) => putNew(key, bytes).catch(() => Promise.reject(new Error('no'))),
  }),
  'store whose last writer wins': ({ putNew, delete: remove }) => ({
    putNew: (key, bytes) =>
      putNew(key, bytes).catch(async (error: unknown) => {
        if (key === 'race') await remove(key).then(() => putNew(key, bytes))
        throw error
      }),
  }),
  'store that keeps the bytes of others': ({ get, putNew }) => {
    const given = new Map<string, Uint8Array>()
    return {
      putNew: async (key, bytes) => {
        await putNew(key, bytes)
        given.set(key, bytes)
      },
      get: async (key) => (await get(key)) && given.get(key)!,
    }
  },
  'store whose ranges may be short': ({ get }) => ({
    getRange: async (key, offset, length) => (await get(key)).subarray(offset, offset + length),
  }),
  'store whose ranges take one more': ({ get, getRange }) => ({
    getRange: async (key, offset, length) => {
      await getRange(key, offset, length)
      return (await get(key)).subarray(offset, offset + length + 1)
    },
  }),
  'store whose ranges begin late': ({ get, getRange }) => ({
    getRange: async (key, offset, length) => {
      await getRange(key, offset, length)
      return (await get(key)).subarray(Math.max(1, offset), offset + length)
    },
  }),
  'store whose ranges do not reach the end': ({ get, getRange }) => ({
    getRange: async (key, offset, length) => {
      if (offset + length === (await get(key)).length && offset > 0) throw new SluiceError('E_BLOB_RANGE', key)
      return getRange(key, offset, length)
    },
  }),
  'store that gives what is not there': ({ get }) => ({
    get: (key) => get(key).catch(() => new Uint8Array()),
  }),
  'store that gives ranges of what is not there': ({ getRange }) => ({
    getRange: (key, offset, length) =>
      getRange(key, offset, length).catch((error: unknown) => {
        if (error instanceof SluiceError && error.code === 'E_BLOB_MISSING') return new Uint8Array()
        throw error
      }),
  }),
  'store whose list is not sorted': ({ list }) => ({ list: async (prefix) => (await list(prefix)).toReversed() }),
  'store whose list is of folders': ({ list }) => ({
    list: async (prefix) => (await list(prefix)).filter((key) => key.startsWith(prefix.replace(/[^/]+$/, `$&/`))),
  }),
  'store whose list ends early': ({ list }) => ({ list: async (prefix) => (await list(prefix)).slice(0, 5) }),
  'store that deletes nothing': () => ({ delete: async () => {} }),
  'store that deletes neighbours': ({ list, delete: remove }) => ({
    delete: async (key) => {
      for (const other of await list(key.replace(/[^/]+$/, ''))) await remove(other)
    },
  }),
  'store that deletes only what is there': ({ get, delete: remove }) => ({
    delete: async (key) => {
      await get(key)
      await remove(key)
    },
  }),
  'store that remembers what was deleted': ({ list, delete: remove }) => {
    const gone: string[] = []
    return {
      list: async (prefix) => [...(await list(prefix)), ...gone.filter((key) => key.startsWith(prefix))].toSorted(),
      delete: async (key) => {
        await remove(key)
        if (key === 'out/00/1/b') gone.push(key)
      },
    }
  },
}))
  blobStoreContract(name, blobStore(broken))
