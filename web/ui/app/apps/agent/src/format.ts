// Dates and numbers for people, in their language and time zone.

import { days_ago } from '@switchboard/core'
import { t } from '@switchboard/i18n'

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
const languages = new Intl.DisplayNames(undefined, { type: 'language', fallback: 'code' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' })
const short_date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const long_date = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const with_year = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

export const time_of_day = (at: string) => clock.format(new Date(at))
export const full_time = (at: string) => full.format(new Date(at))

/** "en_GB" in words. */
export function language_name(code: string): string {
  try {
    return languages.of(code.replace('_', '-')) ?? code
  } catch {
    return code
  }
}

/** For list rows: the clock today, then the weekday, then the date. */
export function short_time(at: string, now: number): string {
  const date = new Date(at)
  const days = days_ago(at, now)
  if (days <= 0) return clock.format(date)
  if (days === 1) return t.time.yesterday
  if (days < 7) return weekday.format(date)
  return date.getFullYear() === new Date(now).getFullYear() ? short_date.format(date) : with_year.format(date)
}

/** A time to come: the clock today, weekday and clock within a week, else date and clock. */
export function short_moment(at: string, now: number): string {
  const date = new Date(at)
  const days = -days_ago(at, now)
  if (days === 0) return clock.format(date)
  return days > 0 && days < 7 ? `${weekday.format(date)} ${clock.format(date)}` : `${short_date.format(date)}, ${clock.format(date)}`
}

/** For day separators in the log. */
export function day_name(at: string, now: number): string {
  const date = new Date(at)
  const days = days_ago(at, now)
  if (days === 0) return t.time.today
  if (days === 1) return t.time.yesterday
  return date.getFullYear() === new Date(now).getFullYear() ? long_date.format(date) : with_year.format(date)
}

export function initials(name: string): string {
  const words = name.replace(/^~/, '').trim().split(/\s+/).filter((word) => /^\p{L}/u.test(word))
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => word?.[0] ?? '')
  return letters.join('').toUpperCase()
}
