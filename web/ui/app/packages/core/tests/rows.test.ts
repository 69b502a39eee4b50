// The row store: views, order, one flush per frame, old frames, restart without losing what arrives meanwhile.

import { beforeEach, describe, expect, it } from 'vitest'
import { compare, in_listing, in_view, no_rows, RowStore, unread, VIEWS, type ListKey, type Listing, type Row } from '@switchboard/core'
import { conversation, listed } from './samples'

let frame: (() => void)[]
let shown: Record<ListKey, Row[]>
let flushes: number
let rows: RowStore

beforeEach(() => {
  frame = []
  flushes = 0
  shown = no_rows()
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
const ids = (view: ListKey) => shown[view].map((row) => row.conversation.id)
const at = (minute: number, micro = 0) => `2026-01-05T10:${String(minute).padStart(2, '0')}:00.${String(micro).padStart(6, '0')}Z`
const me = [{ user_id: 'me', name: 'Me', owner: true }]

describe('views', () => {
  it('puts rows where they belong, newest first', () => {
    rows.put(listed('1', { last_activity_at: at(1) }))
    rows.put(listed('2', { last_activity_at: at(3), assignees: me, inbound_count: 1 }))
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

describe('S2-02, H-31: the lists of the menu', () => {
  const scope = { group_id: 'g', user_id: 'me' }
  const lists = (change: Parameters<typeof conversation>[1]) => VIEWS.filter((view) => in_view(view, conversation('1', change), scope))

  it('mine once the customer wrote, sent before that', () => {
    expect(lists({ assignees: me, inbound_count: 0 })).toEqual(['team', 'sent', 'all'])
    expect(lists({ assignees: me, inbound_count: 1 })).toEqual(['team', 'mine', 'all'])
  })
  it('pending while the customer waits', () => {
    expect(lists({ inbound_count: 1, waiting_since: at(1) })).toEqual(['team', 'unassigned', 'pending', 'all'])
    expect(lists({ inbound_count: 1, waiting_since: null })).toEqual(['team', 'unassigned', 'all'])
  })
  it('snoozed ones stand in Snoozed and All only', () => {
    expect(lists({ assignees: me, inbound_count: 1, waiting_since: at(1), snoozed_until: at(50) })).toEqual(['snoozed', 'all'])
  })
  it('closed and deleted', () => {
    expect(lists({ status: 'closed' })).toEqual(['closed', 'all'])
    expect(lists({ status: 'closed', deleted_at: at(1) })).toEqual([])
  })
  it('a conversation moves from sent to mine with the answer', () => {
    rows.put(listed('1', { assignees: me, inbound_count: 0 }))
    flush()
    expect([ids('sent'), ids('mine')]).toEqual([['1'], []])
    rows.apply(conversation('1', { assignees: me, inbound_count: 1, seq: 2 }))
    flush()
    expect([ids('sent'), ids('mine')]).toEqual([[], ['1']])
  })
})

describe('S4-21, H-26, S2-21: a list with conditions', () => {
  const scope = { group_id: 'g', user_id: 'me' }
  const sms = { id: '6', kind: 'sms' as const, name: 'SMS' }
  const found = () => shown.found.map((row) => row.conversation.id)

  it('follows frames like every other list', () => {
    rows.put(listed('1', { channel: sms, last_activity_at: at(1) }))
    rows.put(listed('2', { last_activity_at: at(2) }))
    rows.show_found((one) => in_listing({ view: 'all', channel_id: '6' }, one, scope))
    flush()
    expect(found()).toEqual(['1'])
    rows.apply(conversation('2', { seq: 2, channel: sms, last_activity_at: at(3) }))
    flush()
    expect(found()).toEqual(['2', '1'])
    rows.show_found(null)
    flush()
    expect(found()).toEqual([])
  })
  it('by assignee, by day', () => {
    const it = conversation('1', { assignees: me, last_activity_at: at(1) })
    const fits = (filters: Partial<Listing>) => in_listing({ view: 'all', ...filters }, it, scope)
    expect([fits({ assignee_id: 'me' }), fits({ assignee_id: 'other' })]).toEqual([true, false])
    const day = new Date(at(1))
    const key = `${day.getFullYear()}-01-0${day.getDate()}`
    expect([fits({ from: key, to: key }), fits({ from: '2026-01-07' }), fits({ to: '2026-01-03' })]).toEqual([true, false, false])
  })
  it('a search shows what the server found, as far as it still belongs to the list', () => {
    const hits = new Set(['1'])
    expect(in_listing({ view: 'mine', q: 'jo' }, conversation('1', { assignees: me, inbound_count: 1 }), scope, hits)).toBe(true)
    expect(in_listing({ view: 'mine', q: 'jo' }, conversation('2', { assignees: me, inbound_count: 1 }), scope, hits)).toBe(false)
    expect(in_listing({ view: 'mine', q: 'jo' }, conversation('1'), scope, hits)).toBe(false)
  })
  it('somebody’s inbox', () => {
    const bobs = conversation('1', { assignees: [{ user_id: 'bob', name: 'Bob', owner: true }] })
    expect(in_listing({ view: 'user', user_id: 'bob' }, bobs, scope)).toBe(true)
    expect(in_listing({ view: 'user', user_id: 'me' }, bobs, scope)).toBe(false)
  })
  it('lists that did not change stay the same arrays', () => {
    rows.put(listed('1', { status: 'closed' }))
    flush()
    const { team, closed } = shown
    rows.apply(conversation('1', { status: 'closed', seq: 2, last_activity_at: at(4) }))
    flush()
    expect(shown.team).toBe(team)
    expect(shown.closed).not.toBe(closed)
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
