// When a conversation that is put aside comes back: the choices of the menu, in the viewer's own time.

export type SnoozeName = 'later' | 'tomorrow' | 'monday'

export interface SnoozeChoice {
  name: SnoozeName
  at: Date
}

const MORNING = 9
const LATER_HOURS = 3

/** "Later today" only while three hours from now is still today. */
export function snooze_choices(now: Date): SnoozeChoice[] {
  const later = new Date(now.getTime() + LATER_HOURS * 3_600_000)
  later.setMinutes(Math.ceil(later.getMinutes() / 15) * 15, 0, 0)
  const choices: SnoozeChoice[] = []
  if (later.getDate() === now.getDate()) choices.push({ name: 'later', at: later })
  choices.push({ name: 'tomorrow', at: morning(now, 1) })
  // Sunday is 0: the next Monday is tomorrow then, and said once.
  const days = (8 - now.getDay()) % 7 || 7
  if (days > 1) choices.push({ name: 'monday', at: morning(now, days) })
  return choices
}

/** Nine o'clock by the wall clock, whatever the clocks did in between. */
function morning(now: Date, days: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, MORNING)
}

/** The value of a `datetime-local` field. */
export function local_input(date: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`
}
