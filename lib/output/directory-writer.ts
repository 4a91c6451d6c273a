/** Writes a directory of part files, as Spark's file outputs do. Writing it again replaces it with the same content. */
export interface DirectoryWriter {
  write(path: string, parts: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Promise<void>
}
