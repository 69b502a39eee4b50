// The small rules: 24-hour window, shortcuts, times, ticks, web addresses.

import { describe, expect, it } from 'vitest'
import { Backoff, days_ago, micros, ShortcutMatcher, tick_of, window_view } from '@switchboard/core'

const now = Date.parse('2026-01-05T10:00:00Z')
const until = (iso: string) => window_view({ state: 'open', expires_at: iso }, now)

describe('24-hour window', () => {
  it.each([
    ['2026-01-06T09:30:00Z', { state: 'open', hours: 23, soon: false }],
    ['2026-01-05T14:00:00Z', { state: 'open', hours: 4, soon: true }],
    ['2026-01-05T10:00:20Z', { state: 'open', hours: 0, minutes: 1, soon: true }],
    ['2026-01-05T10:00:00Z', { state: 'closed' }],
    ['2026-01-05T09:59:59Z', { state: 'closed' }],
  ])('until %s', (iso, expected) => expect(until(iso)).toMatchObject(expected))

  it('has no countdown on other channels or when closed', () => {
    expect(window_view({ state: 'none' }, now)).toEqual({ state: 'none' })
    expect(window_view({ state: 'closed', expires_at: '2026-01-06T10:00:00Z' }, now)).toEqual({ state: 'closed' })
  })
})

describe('shortcuts', () => {
  const press = (key: string, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, typing: false, ...more })
  it('match keys and sequences', () => {
    let time = 0
    const matcher = new ShortcutMatcher(() => true, () => time)
    expect(matcher.match(press('j'))).toBe('next')
    expect(matcher.match(press('A'))).toBe('assign')
    expect(matcher.match(press('g'))).toBe(null)
    expect(matcher.match(press('u'))).toBe('go_unassigned')
    expect(matcher.match(press('u'))).toBe('back')
    expect(matcher.match(press('g'))).toBe(null)
    time = 5_000
    expect(matcher.match(press('u'))).toBe('back')
  })
  it('leave typing and the browser alone', () => {
    const matcher = new ShortcutMatcher(() => true)
    expect(matcher.match(press('j', { typing: true }))).toBe(null)
    expect(matcher.match(press('r', { ctrlKey: true }))).toBe(null)
  })
  it('can be switched off, except Escape', () => {
    const matcher = new ShortcutMatcher(() => false)
    expect(matcher.match(press('e'))).toBe(null)
    expect(matcher.match(press('g'))).toBe(null)
    expect(matcher.match(press('t'))).toBe(null)
    expect(matcher.match(press('Escape'))).toBe('back')
  })
})

describe('times', () => {
  it('keep microseconds', () => {
    expect(micros('2026-01-05T10:00:00.123456Z') - micros('2026-01-05T10:00:00.123Z')).toBe(456)
    expect(micros('2026-01-05T10:00:00.5Z') - micros('2026-01-05T10:00:00Z')).toBe(500_000)
    expect(micros('nonsense')).toBe(0)
  })
  it('count calendar days', () => {
    const midnight = new Date(2026, 0, 5, 0, 1).getTime()
    expect(days_ago(new Date(2026, 0, 4, 23, 59).toISOString(), midnight)).toBe(1)
    expect(days_ago(new Date(2026, 0, 5, 0, 0).toISOString(), midnight)).toBe(0)
  })
})

describe('ticks', () => {
  it.each([
    ['queued', 'clock'],
    ['unknown', 'clock'],
    ['sent', 'single'],
    ['delivered', 'double'],
    ['read', 'blue'],
    ['failed', 'failed'],
  ] as const)('%s', (status, tick) => expect(tick_of(status)).toBe(tick))
})

describe('back-off', () => {
  it('has full jitter', () => {
    expect(new Backoff({ random: () => 0 }).next()).toBe(0)
    expect(new Backoff({ random: () => 0.5 }).next()).toBe(250)
  })
})
