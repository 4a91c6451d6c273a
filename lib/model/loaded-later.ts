/**
 * A part of the library that few processes come to need. It is loaded when it is first asked for, so that a function
 * which starts does not read it. Once it is there it is given at once: whoever lets no time pass while something real
 * happens, as a simulation does, has all parts loaded before.
 */
export function loadedLater<Part>(load: () => Promise<Part>): () => Part | Promise<Part> {
  let part: Part | null = null
  const loaded = async (): Promise<Part> => (part ??= await load())
  loads.push(loaded)
  return () => part ?? loaded()
}

/** What is done with such a part: at once where it is there. */
export const withPart = <Part, Result>(
  part: Part | Promise<Part>,
  use: (part: Part) => Promise<Result>,
): Promise<Result> => (part instanceof Promise ? part.then(use) : use(part))

const loads: (() => Promise<unknown>)[] = []

/** Loads every part, also those that are parts of parts. */
export async function loadAll(): Promise<void> {
  for (let known = -1; known < loads.length;) {
    known = loads.length
    await Promise.all(loads.map((load) => load()))
  }
}
