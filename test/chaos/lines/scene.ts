import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { rowsOf } from '../rows.ts'
import { difference, type Scene, type SceneRequest } from '../scene.ts'
import { type Line, Lines, WINDOW } from './lines.ts'

/** From one file to the next. */
const FILE_MS = 70

/**
 * Files that appear whether the program runs or not. In which batch a file is read depends on when somebody lived to
 * read it, so what each batch must show is computed from what was seen in it; and every line must have been seen once.
 */
export function linesScene({ folder, seed }: SceneRequest): Scene {
  const [file, directory, written, texts] = ['out.db', 'in', 'written', 'texts'].map((name) => join(folder, name))
  for (const path of [directory, written, texts]) mkdirSync(path)
  makeTables(file)
  const lines = new Lines(seed)
  let files = 0
  let feeding: NodeJS.Timeout
  const bring = (): void => {
    const name = `${++files}.txt`
    writeFileSync(join(written, name), lines.nextFile())
    renameSync(join(written, name), join(directory, name))
  }
  return {
    app: 'lines',
    programArgs: ['test/chaos/lines/program.ts', join(folder, 'state'), directory, file, join(texts, 't')],
    begin() {
      feeding = setInterval(bring, FILE_MS)
    },
    end() {
      clearInterval(feeding)
    },
    batch: () => lastBatch(file),
    isThrough: () => Number(rowsOf(file, 'SELECT count(DISTINCT id) FROM seen')[0]?.[0] ?? 0) >= lines.all.length,
    differences: () => differences(lines.all, file, texts),
  }
}

const lastBatch = (file: string): number => Number(rowsOf(file, 'SELECT max(batch) FROM highest_fence')[0]?.[0] ?? 0)

function makeTables(file: string): void {
  const database = new DatabaseSync(file)
  database.exec(
    'CREATE TABLE seen (id INTEGER, batch INTEGER); CREATE TABLE sums (word TEXT PRIMARY KEY, n ' +
      'INTEGER); CREATE TABLE highest (batch INTEGER, word TEXT, n INTEGER)',
  )
  database.close()
}

function differences(all: readonly Line[], file: string, texts: string): string[] {
  const seen = rowsOf(file, 'SELECT id, batch FROM seen') as [number, number][]
  const ids = all.map(({ id }) => String(id)).sort()
  return [
    ...difference('seen', seen.map(([id]) => String(id)).sort(), ids),
    ...difference('texts', idsBelow(texts), ids),
    ...difference('sums', textOf(rowsOf(file, 'SELECT word, n FROM sums')), sums(all)),
    ...difference(
      'highest',
      textOf(rowsOf(file, 'SELECT batch, word, n FROM highest')),
      highest(all, new Map(seen), lastBatch(file)),
    ),
  ]
}

const textOf = (rows: readonly (readonly unknown[])[]): string[] => rows.map((row) => row.join(' ')).sort()

const idsBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /part-\d+$/.test(path))
    .flatMap((path) => readFileSync(join(folder, path), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .sort()

function sums(all: readonly Line[]): string[] {
  const byWord = new Map<string, number>()
  for (const { word, n } of all) byWord.set(word, (byWord.get(word) ?? 0) + n)
  return textOf([...byWord])
}

/** The highest number of each word in each window, given in which batch each line was seen, up to the last batch. */
function highest(all: readonly Line[], batchOf: ReadonlyMap<number, number>, last: number): string[] {
  const found = new Map<string, number>()
  for (const { id, word, n } of all) {
    const first = batchOf.get(id)!
    for (let batch = first; batch < Math.min(first + WINDOW, last + 1); batch++)
      found.set(`${batch} ${word}`, Math.max(n, found.get(`${batch} ${word}`) ?? 0))
  }
  return textOf([...found])
}
