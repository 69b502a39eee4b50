import { describe, expect, it } from 'vitest'
import { copy_to_workdays, day_errors, next_interval } from './hours'

describe('opening times', () => {
  it('are fine when they follow each other, in any order', () => {
    expect(day_errors([])).toBe('')
    expect(day_errors([['13:00', '17:00'], ['09:00', '13:00']])).toBe('')
    expect(day_errors([['18:00', '00:00']]), 'until midnight').toBe('')
  })

  it('are refused when they are empty, run backwards or overlap', () => {
    expect(day_errors([['09:00', '']])).not.toBe('')
    expect(day_errors([['17:00', '09:00']])).not.toBe('')
    expect(day_errors([['09:00', '09:00']])).not.toBe('')
    expect(day_errors([['09:00', '13:00'], ['12:59', '17:00']])).not.toBe('')
    expect(day_errors([['22:00', '24:00'], ['23:00', '23:30']])).not.toBe('')
  })

  it('go on after the last interval, within the day', () => {
    expect(next_interval([])).toEqual(['09:00', '17:00'])
    expect(next_interval([['09:00', '12:00']])).toEqual(['13:00', '15:00'])
    const late = next_interval([['09:00', '23:30']])
    expect(Number(late[1].slice(0, 2))).toBeLessThan(24)
    expect(day_errors([late])).toBe('')
  })

  it('of Monday are copied, not shared', () => {
    const week = copy_to_workdays({ mon: [['09:00', '17:00']], sat: [] })
    expect(week).toMatchObject({ tue: [['09:00', '17:00']], fri: [['09:00', '17:00']], sat: [] })
    expect((week as Record<string, unknown>).tue).not.toBe(week.mon)
  })
})
