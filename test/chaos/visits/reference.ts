import { visitsOf } from './events.ts'

const WINDOW = 10

/** What a run without any crash shows, computed straight from the events. */
export function reference(ticks: number): { windows: string[]; totals: string[]; pages: string[] } {
  const windows: string[] = []
  const totals = new Map<string, number>()
  const pages = new Map<string, number>()
  for (let tick = 1; tick <= ticks; tick++) {
    for (const { user, page, ms } of visitsOf(tick)) {
      totals.set(user, (totals.get(user) ?? 0) + ms)
      pages.set(page, (pages.get(page) ?? 0) + 1)
    }
    for (const [page, n] of windowAt(tick)) windows.push(`${tick} ${page} ${n}`)
  }
  return { windows: windows.sort(), totals: rows(totals), pages: rows(pages) }
}

function windowAt(tick: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (let at = Math.max(1, tick - WINDOW + 1); at <= tick; at++) {
    for (const { page } of visitsOf(at)) counts.set(page, (counts.get(page) ?? 0) + 1)
  }
  return counts
}

const rows = (counts: ReadonlyMap<string, number>): string[] => Array.from(counts, ([key, n]) => `${key} ${n}`).sort()
