// The row store: views, order, one flush per frame, old frames, restart without losing what arrives meanwhile.

import { beforeEach, describe, expect, it } from 'vitest'
import { compare, RowStore, unread, type Row } from '@switchboard/core'
import type { View } from '@switchboard/protocol'
import { conversation, listed } from './samples'

let frame: (() => void)[]
let shown: Record<View, Row[]>
let flushes: number
let rows: RowStore

beforeEach(() => {
  frame = []
  flushes = 0
  shown = { team: [], mine: [], unassigned: [], closed: [] }
  rows = new RowStore(
    { group_id: 'g', user_id: 'me' },
    (views) => {
      shown = views
      flushes += 1
    },
    (run) => frame.push(run),
  )
})

const flush = () => frame.splice(0).forEach((run) => run())
const ids = (view: View) => shown[view].map((row) => row.conversation.id)
const at = (minute: number, micro = 0) => `2026-01-05T10:${String(minute).padStart(2, '0')}:00.${String(micro).padStart(6, '0')}Z`
const me = [{ user_id: 'me', name: 'Me', owner: true }]

describe('views', () => {
  it('puts rows where they belong, newest first', () => {
    rows.put(listed('1', { last_activity_at: at(1) }))
    rows.put(listed('2', { last_activity_at: at(3), assignees: me }))
    rows.put(listed('3', { last_activity_at: at(2), status: 'closed' }))
    rows.put(listed('4', { last_activity_at: at(9), group_id: 'other' }))
    flush()
    expect(ids('team')).toEqual(['2', '1'])
    expect(ids('mine')).toEqual(['2'])
    expect(ids('unassigned')).toEqual(['1'])
    expect(ids('closed')).toEqual(['3'])
  })

  it('moves a row between views and to the top', () => {
    rows.put(listed('1', { last_activity_at: at(1) }))
    rows.put(listed('2', { last_activity_at: at(2) }))
    rows.apply(conversation('1', { seq: 2, last_activity_at: at(5), assignees: me }))
    flush()
    expect(ids('team')).toEqual(['1', '2'])
    expect(ids('unassigned')).toEqual(['2'])
    rows.apply(conversation('1', { seq: 3, last_activity_at: at(5), assignees: me, status: 'closed' }))
    flush()
    expect([ids('team'), ids('mine'), ids('closed')]).toEqual([['2'], [], ['1']])
  })

  it('orders by microseconds and never shows a row twice', () => {
    for (let n = 0; n < 300; n += 1) {
      const id = String(n % 40)
      rows.apply(conversation(id, { seq: n + 2, last_activity_at: at(n % 7, (n * 37) % 1000), assignees: n % 3 ? me : [] }))
    }
    flush()
    expect(ids('team')).toHaveLength(40)
    expect(new Set(ids('team')).size).toBe(40)
    expect(shown.team).toEqual([...shown.team].sort(compare))
  })
})

describe('frames', () => {
  it('ignores what is not newer', () => {
    rows.put(listed('1', { seq: 5, inbound_count: 2 }))
    expect(rows.apply(conversation('1', { seq: 5 }))).toBe(false)
    expect(rows.apply(conversation('1', { seq: 4, status: 'closed' }))).toBe(false)
    expect(rows.apply(conversation('1', { seq: 6, inbound_count: 3 }))).toBe(true)
    expect(rows.get('1')?.conversation.inbound_count).toBe(3)
  })

  it('keeps the newer row when an older list arrives late', () => {
    rows.apply(conversation('1', { seq: 9, inbound_count: 4 }))
    rows.put(listed('1', { seq: 7, inbound_count: 3 }, { last_read_seq: 7, read_inbound_count: 3 }))
    expect(rows.get('1')?.conversation.seq).toBe(9)
    expect(unread(rows.get('1')!)).toBe(1)
  })

  it('shows a burst with one flush', () => {
    for (let n = 0; n < 1000; n += 1) rows.apply(conversation(String(n % 10), { seq: n + 2 }))
    expect(flushes).toBe(0)
    flush()
    expect(flushes).toBe(1)
  })
})

describe('restart', () => {
  it('keeps the screen until release and keeps what arrived meanwhile', () => {
    rows.put(listed('1'))
    flush()
    rows.restart()
    rows.apply(conversation('2', { seq: 8, last_activity_at: at(8) }))
    flush()
    expect(ids('team')).toEqual(['1'])
    rows.put(listed('2', { seq: 6 }))
    rows.put(listed('3'))
    rows.release()
    flush()
    expect(ids('team')).toEqual(['2', '3'])
    expect(rows.get('2')?.conversation.seq).toBe(8)
  })
})

describe('unread', () => {
  it('counts incoming messages after the last read one, at least one when forced', () => {
    rows.put(listed('1', { inbound_count: 5 }, { read_inbound_count: 3 }))
    expect(unread(rows.get('1')!)).toBe(2)
    rows.set_read('1', { last_read_seq: 9, read_inbound_count: 5, forced_unread: false })
    expect(unread(rows.get('1')!)).toBe(0)
    rows.set_read('1', { last_read_seq: 9, read_inbound_count: 5, forced_unread: true })
    expect(unread(rows.get('1')!)).toBe(1)
  })
})
