// Times of the wire (RFC 3339 with microseconds) as numbers, and the questions the screens ask about days.

/** Microseconds since 1970; sub-millisecond digits count, because rows are sorted by them. */
export function micros(at: string): number {
  const millis = Date.parse(at)
  if (Number.isNaN(millis)) return 0
  const fraction = /\.(\d+)/.exec(at)?.[1] ?? ''
  const rest = fraction.slice(3, 6).padEnd(3, '0')
  return millis * 1000 + (fraction.length > 3 ? Number(rest) : 0)
}

/** The local calendar day as a key: two times of one day give the same. */
export function day_key(at: string): string {
  const date = new Date(at)
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`
}

/** Whole calendar days from a time to now: 0 today, 1 yesterday. */
export function days_ago(at: string, now: number): number {
  const day = (millis: number) => {
    const date = new Date(millis)
    return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000)
  }
  return day(now) - day(Date.parse(at))
}
