// The log of one conversation: order, overlap, ticks that only move forward, what is drawn.

import { describe, expect, it } from 'vitest'
import { items_of, moves_forward, Timeline, type Line, type Pending } from '@switchboard/core'
import type { Entry, Message, MessageStatus, StatusChange } from '@switchboard/protocol'
import { created, status } from './samples'

const pending = (client_id: string): Pending => ({
  client_id,
  conversation_id: '1',
  text: 'hi',
  media: [],
  at: '2026-01-05T10:30:00Z',
  state: 'waiting',
})
const seqs = (timeline: Timeline) => timeline.lines.map((line) => line.seq)

describe('S2-10, S2-12: holds and retries', () => {
  const change = (seq: number, d: Partial<StatusChange>): Entry => {
    const at = '2026-01-05T11:00:00Z'
    return { t: 'message.status', conversation_id: '1', seq, at, d: { message_id: 'm1', status: 'queued', at, ...d } }
  }
  const sent = (status: Message['status']) => {
    const timeline = new Timeline('1')
    timeline.load([created(1, { direction: 'out', status })], false)
    return timeline
  }
  const shown = (timeline: Timeline) => (timeline.lines[0] as Extract<Line, { kind: 'message' }>).message

  it('a hold is shown, changed and gone when the message leaves', () => {
    const timeline = sent('queued')
    timeline.apply(change(2, { hold_reason: 'business_hours', release_at: '2026-01-06T09:00:00Z' }))
    expect(shown(timeline)).toMatchObject({ hold_reason: 'business_hours', release_at: '2026-01-06T09:00:00Z' })
    timeline.apply(change(3, { status: 'sent' }))
    expect(shown(timeline)).toMatchObject({ status: 'sent', hold_reason: null, release_at: null })
  })
  it('a retry turns the triangle back into the clock; a late receipt does not', () => {
    const timeline = sent('failed')
    expect(timeline.apply(change(2, { attempt: 2 }))).toBe(true)
    expect(shown(timeline)).toMatchObject({ status: 'queued', attempt: 2, failure: null })
    expect(sent('delivered').apply(change(2, {}))).toBe(false)
  })
})

describe('timeline', () => {
  it('keeps frames that arrived before the page was loaded, once', () => {
    const timeline = new Timeline('1')
    timeline.apply(created(4))
    timeline.apply(created(5))
    timeline.load([created(2), created(3), created(4)], true)
    expect(seqs(timeline)).toEqual([2, 3, 4, 5])
    expect(timeline.apply(created(5))).toBe(false)
  })

  it('puts older pages in front', () => {
    const timeline = new Timeline('1')
    timeline.load([created(5), created(6)], true)
    timeline.prepend([created(3), created(4), created(5)], false)
    expect(seqs(timeline)).toEqual([3, 4, 5, 6])
    expect(timeline.more).toBe(false)
    expect(timeline.apply(status(9, 'm4', 'read'))).toBe(true)
  })

  it('ends at read for every order and repetition of receipts', () => {
    const all: MessageStatus[] = ['sent', 'delivered', 'read']
    for (const a of all)
      for (const b of all)
        for (const c of all) {
          const timeline = new Timeline('1')
          timeline.load([created(1, { direction: 'out', status: 'queued' })], false)
          for (const [at, to] of [a, b, c, ...all].entries()) timeline.apply(status(at + 2, 'm1', to))
          const [line] = timeline.lines
          expect(line?.kind === 'message' && line.message.status).toBe('read')
        }
  })

  it('replaces a medium when it is ready', () => {
    const media = { id: 'f', kind: 'image' as const, state: 'pending' as const }
    const timeline = new Timeline('1')
    timeline.load([created(1, { media: [media] })], false)
    timeline.apply({ t: 'message.media', conversation_id: '1', seq: 2, at: '', d: { message_id: 'm1', media: { ...media, state: 'ready', size: 9 } } })
    const [line] = timeline.lines
    expect(line?.kind === 'message' && line.message.media[0]).toMatchObject({ state: 'ready', size: 9 })
  })
})

describe('items', () => {
  it('separates days and joins one sender within five minutes', () => {
    const timeline = new Timeline('1')
    timeline.load([created(1), created(2), created(9), created(10, { at: '2026-01-07T10:00:00Z' })], false)
    const items = items_of(timeline.lines, [])
    expect(items.map((item) => item.day !== undefined)).toEqual([true, false, false, true])
    expect(items.map((item) => item.kind === 'message' && item.joined)).toEqual([false, true, false, false])
    expect(new Set(items.map((item) => item.key)).size).toBe(items.length)
  })

  it('only ever gets items in front when older entries come', () => {
    const timeline = new Timeline('1')
    timeline.load([created(5), created(6)], true)
    const before = items_of(timeline.lines, []).map((item) => item.key)
    timeline.prepend([created(3), created(4)], false)
    const after = items_of(timeline.lines, []).map((item) => item.key)
    expect(after.slice(-before.length)).toEqual(before)
    expect(after).toHaveLength(4)
  })

  it('shows a message once while its frame and the outbox overlap, under the same key', () => {
    const before = items_of([], [pending('k1')])
    const timeline = new Timeline('1')
    timeline.load([created(1, { direction: 'out', client_id: 'k1', status: 'queued' })], false)
    const after = items_of(timeline.lines, [pending('k1'), pending('k2')])
    expect(before.at(-1)?.key).toBe('m-k1')
    expect(after.map((item) => item.key)).toEqual(['m-k1', 'm-k2'])
  })
})

describe('statuses', () => {
  it('never go back', () => {
    expect(moves_forward('read', 'delivered')).toBe(false)
    expect(moves_forward('delivered', 'failed')).toBe(false)
    expect(moves_forward('sent', 'failed')).toBe(true)
    expect(moves_forward(null, 'queued')).toBe(true)
  })
})
