/** Resolves once a stream has taken what was written to it, and `last` behind that, or will take no more. */
export const written = (stream: NodeJS.WriteStream, last: string | Uint8Array = ''): Promise<void> =>
  new Promise((resolve) => {
    stream.write(last, () => resolve())
  })
