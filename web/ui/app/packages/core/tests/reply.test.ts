import { describe, expect, it } from 'vitest'
import type { ComposerAdvice, ReplyLine } from '@switchboard/protocol'
import { newer, reply_view } from '..'
import { conversation, message } from './samples'

const now = Date.parse('2026-01-05T10:00:00Z')
const open_window = { state: 'open' as const, expires_at: '2026-01-05T12:00:00Z' }
const state = (change: Parameters<typeof conversation>[1], advice?: ComposerAdvice, chosen: string | null = null, at = now) =>
  reply_view(conversation('1', { window: open_window, ...change }), advice, chosen, at).state

describe('S4-10: the reply box', () => {
  it('locks at the very moment the window ends, without a word of the server', () => {
    const end = Date.parse(open_window.expires_at)
    expect([state({}, { state: 'open' }, null, end - 1), state({}, { state: 'open' }, null, end)]).toEqual(['open', 'template_only'])
  })
  it('is locked by what the server says', () => {
    for (const said of ['template_only', 'opted_out', 'contact_archived', 'no_channel', 'channel_down'] as const) expect(state({}, { state: said })).toBe(said)
  })
  it('closed and deleted come before everything else', () => {
    expect(state({ status: 'closed' }, { state: 'opted_out' })).toBe('closed')
    expect(state({ status: 'closed', deleted_at: '2026-01-05T09:00:00Z' })).toBe('deleted')
  })
  it('an answer that is older than the reopening does not keep it closed', () => {
    expect(state({}, { state: 'closed' })).toBe('open')
  })
  it('no channel at all', () => {
    expect(state({ channel: null, window: { state: 'none' } })).toBe('no_channel')
  })
})

describe('H-07: several lines', () => {
  const line = (channel_id: string, change: Partial<ReplyLine> = {}): ReplyLine => ({ channel_id, kind: 'sms', name: '', address: '', state: 'open', max_text: 1_600, max_files: 10, ...change })
  const advice: ComposerAdvice = { state: 'template_only', channels: [line('5', { kind: 'whatsapp', state: 'template_only' }), line('6')] }

  it('the chosen one decides; without a choice the one of the last message', () => {
    const closed = { window: { state: 'closed' as const } }
    expect(state(closed, advice)).toBe('template_only')
    expect(state(closed, advice, '6')).toBe('open')
    expect(reply_view(conversation('1'), advice, '6', now).line?.channel_id).toBe('6')
  })
})

describe('S4-01: review before sending', () => {
  const line = (seq: number, change: Parameters<typeof message>[1] = {}) => ({ kind: 'message', seq, message: message(seq, change) })

  it('counts what customers and colleagues wrote since one began, not one’s own and no notes', () => {
    const lines = [
      line(3),
      line(4),
      line(5, { direction: 'out', sender: { kind: 'user', id: 'me', name: 'Me' } }),
      line(6, { direction: 'out', sender: { kind: 'user', id: 'bob', name: 'Bob' } }),
      line(7, { direction: 'internal', kind: 'note', sender: { kind: 'user', id: 'bob', name: 'Bob' } }),
      { kind: 'event', seq: 8 },
    ]
    expect([newer(lines, 3, 'me'), newer(lines, 4, 'me'), newer(lines, 6, 'me')]).toEqual([2, 1, 0])
  })
})
