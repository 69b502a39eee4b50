import { describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../calls/business'
import { full_time } from '../../format'
import { conversation_of, detail_text } from './audit'

const entry = (change: object) => ({ id: '1', at: '2026-01-05T10:00:00Z', action: 'conversation.snoozed', outcome: 'done', actor: { kind: 'user', id: '2', name: 'Ann' }, ...change }) as unknown as AuditEntry
const names = new Map([['7', 'Bob Day']])

describe('an entry in words', () => {
  it('leads to its conversation instead of naming an id', () => {
    const one = entry({ target: { kind: 'conversation', id: '228451987771883521' }, detail: { until: '2026-01-06T09:00:00.000000Z' } })
    expect(conversation_of(one)).toBe('/inbox/all/228451987771883521')
    expect(detail_text(one, names)).toBe(`until: ${full_time('2026-01-06T09:00:00.000000Z')}`)
  })

  it('calls people by their names', () => {
    expect(detail_text(entry({ target: { kind: 'user', id: '7' } }), names)).toBe('user Bob Day')
    expect(detail_text(entry({ target: { kind: 'template', id: '9' } }), names)).toBe('template')
    expect(conversation_of(entry({ target: null }))).toBe('')
  })
})
