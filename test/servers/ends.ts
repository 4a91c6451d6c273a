import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A process that wrote through a URL and has nothing more to do ends by itself, without any error. */
export async function assertEnds(url: string): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./one-write-program.ts', import.meta.url)), url], {
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  assert.equal(code, 0, said)
}
