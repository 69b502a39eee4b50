// Times and days in the visitor's own zone.
import { locale, texts } from './texts'

export const dayKey = (at: string): string => new Date(at).toDateString()

export function timeOf(at: string): string {
  return new Intl.DateTimeFormat(locale.value, { hour: 'numeric', minute: '2-digit' }).format(new Date(at))
}

export function dayName(at: string): string {
  const day = new Date(at)
  const yesterday = new Date()
  yesterday.setDate(yesterday.getDate() - 1)
  if (day.toDateString() === new Date().toDateString()) return texts.value.today
  if (day.toDateString() === yesterday.toDateString()) return texts.value.yesterday
  const year = day.getFullYear() === new Date().getFullYear() ? undefined : 'numeric'
  return new Intl.DateTimeFormat(locale.value, { weekday: 'long', day: 'numeric', month: 'long', year }).format(day)
}

export function sizeOf(bytes: number): string {
  const unit = bytes < 1_000_000 ? 'kilobyte' : 'megabyte'
  const value = bytes / (unit === 'kilobyte' ? 1000 : 1_000_000)
  return new Intl.NumberFormat(locale.value, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(Math.max(0.1, value))
}
