import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classCodecNamed } from '../../lib/codec/class-codec.ts'

test('a class that nobody registered is named, unless what stands for its name was damaged and may be a record', () => {
  assert.throws(() => classCodecNamed('Größe'), { code: 'E_CLASS_CODEC', message: /"Größe"/ })
  for (const text of ['hunter2-secret', 'my password', 'x'.repeat(101), ''])
    assert.throws(() => classCodecNamed(text), { code: 'E_CLASS_CODEC', message: /^(?!.*(hunter2|password|xxx))/ })
})
