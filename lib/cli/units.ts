/** `1,204` */
export const count = (n: number): string => String(n).replaceAll(/\B(?=(\d{3})+$)/g, ',')

/** `1 batch`, `14 batches` */
export const counted = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`

/** `512 B`, `1.2 kB`, `34 MB` */
export function bytes(n: number): string {
  const unit = Math.min(4, Math.floor(Math.log10(Math.max(n, 1)) / 3))
  const size = n / 1000 ** unit
  return `${unit === 0 || size >= 10 ? Math.round(size) : size.toFixed(1)} ${['B', 'kB', 'MB', 'GB', 'TB'][unit]}`
}

/** `4 ms` below 0.1 s, `0.31 s` below 10 s, `16.1 s`, `3 m 12 s`, `2 h 05 m`; `–` for what is not known. */
export function duration(ms: number | null): string {
  if (ms === null || Number.isNaN(ms)) return '–'
  if (ms < 100) return `${Math.round(ms)} ms`
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`
}

/** A setting as it was written: `10 s`, `500 ms`. */
export const span = (ms: number): string =>
  ms % 60_000 === 0 ? counted(ms / 60_000, 'minute') : ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`

/** `hh:mm:ss` where this process is. */
export function clockTime(time: number): string {
  const date = new Date(time)
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

const two = (n: number): string => String(n).padStart(2, '0')
