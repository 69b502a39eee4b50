// Golden tests of everything that counts days: by the viewer's wall clock, over midnight and over a change of the clocks.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { day_start, days_ago, items_of, local_input, snooze_choices, Timeline } from '..'
import { created } from './samples'

const before = process.env.TZ
beforeEach(() => {
  process.env.TZ = 'Europe/London'
})
afterEach(() => {
  process.env.TZ = before
})

/** Which messages stand below a separator of their own. */
function days(...times: string[]): boolean[] {
  const timeline = new Timeline('1')
  timeline.load(
    times.map((at, n) => created(n + 1, { at })),
    false,
  )
  return items_of(timeline.lines, []).map((item) => item.day !== undefined)
}

describe('S2-01: day separators', () => {
  it('at midnight of the viewer, not of UTC', () => {
    // Summer time: 23:30 UTC is half past midnight in London.
    expect(days('2026-07-01T22:59:59Z', '2026-07-01T23:00:00Z', '2026-07-02T22:59:59Z')).toEqual([true, true, false])
    process.env.TZ = 'America/New_York'
    expect(days('2026-07-01T22:59:59Z', '2026-07-01T23:00:00Z', '2026-07-02T04:00:00Z')).toEqual([true, false, true])
  })

  it('when the clocks go forward (29 March 2026, 01:00): a day of 23 hours', () => {
    expect(days('2026-03-28T23:59:59Z', '2026-03-29T00:30:00Z', '2026-03-29T22:59:59Z', '2026-03-29T23:00:00Z')).toEqual([
      true, true, false, true,
    ])
  })

  it('when the clocks go back (25 October 2026, 02:00): a day of 25 hours', () => {
    expect(days('2026-10-24T22:59:59Z', '2026-10-24T23:00:00Z', '2026-10-25T23:59:59Z', '2026-10-26T00:00:00Z')).toEqual([
      true, true, false, true,
    ])
  })

  it('yesterday is yesterday over a change of the clocks', () => {
    const noon = Date.parse('2026-03-29T11:00:00Z')
    expect([days_ago('2026-03-28T23:59:00Z', noon), days_ago('2026-03-29T00:01:00Z', noon)]).toEqual([1, 0])
  })
})

describe('snooze: the choices of the menu', () => {
  const names = (now: string) => snooze_choices(new Date(now)).map(({ name, at }) => `${name} ${at.toISOString()}`)

  it('on a Thursday morning', () => {
    expect(names('2026-11-26T09:07:00Z')).toEqual([
      'later 2026-11-26T12:15:00.000Z',
      'tomorrow 2026-11-27T09:00:00.000Z',
      'monday 2026-11-30T09:00:00.000Z',
    ])
  })
  it('late at night there is no later today; on Sundays Monday is tomorrow', () => {
    expect(names('2026-11-29T22:00:00Z')).toEqual(['tomorrow 2026-11-30T09:00:00.000Z'])
  })
  it('nine o’clock is nine o’clock after the clocks went forward', () => {
    expect(names('2026-03-28T22:00:00Z')).toEqual(['tomorrow 2026-03-29T08:00:00.000Z', 'monday 2026-03-30T08:00:00.000Z'])
  })
  it('a date field gets the wall clock', () => {
    expect(local_input(new Date('2026-07-01T08:05:00Z'))).toBe('2026-07-01T09:05')
  })
  it('days of a filter begin at midnight', () => {
    expect(new Date(day_start('2026-03-29', 1)).toISOString()).toBe('2026-03-29T23:00:00.000Z')
  })
})
