// Opening times as the editor needs them: which intervals clash, what a new one starts with.

import { s } from '@switchboard/i18n/settings'

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Day = (typeof DAYS)[number]
export type Week = Partial<Record<Day, string[][]>>

const WORKDAYS: readonly Day[] = ['tue', 'wed', 'thu', 'fri']
const LAST = 24 * 60

const minutes = (time: string): number => {
  const [hour, minute] = time.split(':').map(Number)
  return (hour ?? 0) * 60 + (minute ?? 0)
}
const clock = (at: number) => `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`
/** Midnight at the end of an interval is the end of that day. */
const end_of = (time: string) => minutes(time) || LAST

/** What is wrong with a day's intervals, or nothing. */
export function day_errors(intervals: readonly (readonly string[])[]): string {
  if (intervals.some(([from, to]) => !from || !to)) return s.hours.incomplete
  if (intervals.some(([from, to]) => end_of(to!) <= minutes(from!))) return s.hours.backwards
  const sorted = [...intervals].sort((a, b) => minutes(a[0]!) - minutes(b[0]!))
  const clash = sorted.some((one, at) => at > 0 && minutes(one[0]!) < end_of(sorted[at - 1]![1]!))
  return clash ? s.hours.overlap : ''
}

/** The interval the plus button adds: nine to five, or an hour after the last one. */
export function next_interval(intervals: readonly (readonly string[])[]): [string, string] {
  const last = intervals.at(-1)
  if (!last) return ['09:00', '17:00']
  const from = Math.min(end_of(last[1]!) + 60, LAST - 120)
  return [clock(from), clock(Math.min(from + 120, LAST - 1))]
}

/** Monday's times on the other working days. */
export function copy_to_workdays<W extends Week>(week: W): W {
  const monday = week.mon ?? []
  return { ...week, ...Object.fromEntries(WORKDAYS.map((day) => [day, monday.map((one) => [...one])])) }
}

export const week_is_fine = (week: Week): boolean => DAYS.every((day) => !day_errors(week[day] ?? []))
