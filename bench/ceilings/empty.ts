import { rmSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'

/**
 * Two small appends to one file, each brought to the disk: what a committed and marked batch cannot go below on this
 * disk.
 */
export async function syncedAppends(
  path: string,
  batches: number,
  batch: (run: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const line = Buffer.alloc(512, 97)
  const file = await open(path, 'a')
  for (let i = 0; i < batches; i++) {
    await batch(async () => {
      for (let write = 0; write < 2; write++) {
        writeSync(file.fd, line)
        await file.datasync()
      }
    })
  }
  await file.close()
  rmSync(path)
}
