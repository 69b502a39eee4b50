// The thread: ticks, order, and the same news arriving twice or the wrong way round.
import { describe, expect, it } from 'vitest'
import type { Entry, Message } from './protocol'
import { countUnread, newest, upto } from './receipts'
import { Thread, type Bubble } from './thread'

const at = (second: number): string => new Date(Date.UTC(2026, 0, 5, 10, 0, second)).toISOString()

function message(seq: number, part: Partial<Message> = {}): Entry {
  const conversation_id = part.conversation_id ?? '7'
  const full: Message = {
    id: `m${conversation_id}-${seq}`,
    conversation_id,
    seq,
    direction: 'out',
    kind: 'text',
    sender: { kind: 'user', name: 'Ann' },
    text: `text ${seq}`,
    media: [],
    at: at(seq),
    ...part,
  }
  return { t: 'message.created', conversation_id, seq, at: full.at, d: { message: full } }
}
const status = (id: string, status: string, seq = 99): Entry => ({
  t: 'message.status',
  conversation_id: '7',
  seq,
  at: at(seq),
  d: { message_id: id, status },
})
const outgoing = (client_id: string, text = client_id) => ({ client_id, text, media: [], at: at(0) })
const ack = (seq: number) => ({ message_id: `m7-${seq}`, conversation_id: '7', seq, at: at(seq) })
const texts = (thread: Thread): string[] => thread.list().map((item) => (item.kind === 'bubble' ? item.text : 'closed'))
const ticks = (thread: Thread): string[] => thread.list().map((item) => (item as Bubble).tick)

describe('ticks', () => {
  it('go clock, one, two', () => {
    const thread = new Thread()
    thread.queue(outgoing('c1'))
    expect(ticks(thread)).toEqual(['queued'])
    thread.acked('c1', ack(1))
    expect(ticks(thread)).toEqual(['sent'])
    thread.apply(status('m7-1', 'delivered'))
    expect(ticks(thread)).toEqual(['delivered'])
  })

  it('never go back', () => {
    const thread = new Thread()
    thread.queue(outgoing('c1'))
    thread.acked('c1', ack(1))
    thread.apply(status('m7-1', 'delivered'))
    thread.apply(status('m7-1', 'sent'))
    thread.acked('c1', ack(1))
    thread.apply(message(1, { direction: 'in', client_id: 'c1' }))
    expect(ticks(thread)).toEqual(['delivered'])
  })

  it('may overtake the acknowledgement', () => {
    const thread = new Thread()
    thread.queue(outgoing('c1'))
    thread.apply(status('m7-1', 'delivered'))
    thread.acked('c1', ack(1))
    expect(ticks(thread)).toEqual(['delivered'])
  })

  it('show a refusal until it is tried again', () => {
    const thread = new Thread()
    thread.queue(outgoing('c1'))
    thread.refused('c1')
    expect(ticks(thread)).toEqual(['failed'])
    thread.drop('c1')
    expect(thread.list()).toEqual([])
  })
})

describe('merging', () => {
  it('joins the optimistic bubble and the echo in either order, keeping its key', () => {
    for (const echoFirst of [true, false]) {
      const thread = new Thread()
      thread.queue(outgoing('c1', 'Hi'))
      const echo = message(1, { direction: 'in', client_id: 'c1', text: 'Hi' })
      if (echoFirst) thread.apply(echo)
      thread.acked('c1', ack(1))
      if (!echoFirst) thread.apply(echo)
      expect(thread.list().map((item) => [item.key, item.seq])).toEqual([['c1', 1]])
    }
  })

  it('answers a message only the first time', () => {
    const thread = new Thread()
    expect(thread.apply(message(1))?.id).toBe('m7-1')
    expect(thread.apply(message(1))).toBeNull()
    expect(thread.list()).toHaveLength(1)
  })

  it('orders by seq, conversations by time, unsent last as written', () => {
    const thread = new Thread()
    thread.queue(outgoing('c1'))
    thread.queue(outgoing('c2'))
    thread.apply(message(3))
    thread.apply(message(2))
    thread.apply(message(1, { conversation_id: '8', text: 'later', at: at(50) }))
    expect(texts(thread)).toEqual(['text 2', 'text 3', 'later', 'c1', 'c2'])
  })

  it('a fresh list replaces what was there but keeps the unsent', () => {
    const thread = new Thread()
    thread.apply(message(1))
    thread.queue(outgoing('c1'))
    thread.replace([message(2), { t: 'conversation.closed', conversation_id: '7', seq: 3, at: at(3), d: {} }])
    expect(texts(thread)).toEqual(['text 2', 'closed', 'c1'])
  })

  it('a media update reaches its message', () => {
    const thread = new Thread()
    const media = { id: 'x', kind: 'image', file_name: null, mime: 'image/png', size: 1, state: 'pending' } as const
    thread.apply(message(1, { media: [media] }))
    thread.apply({
      t: 'message.media',
      conversation_id: '7',
      seq: 2,
      at: at(2),
      d: { message_id: 'm7-1', media: { ...media, state: 'ready' } },
    })
    expect((thread.list()[0] as Bubble).media[0]?.state).toBe('ready')
  })
})

describe('receipts', () => {
  it('count what is newer than seen and not read elsewhere', () => {
    const thread = new Thread()
    for (const seq of [1, 2, 4]) thread.apply(message(seq))
    thread.apply(message(3, { direction: 'in' }))
    const items = thread.list()
    expect(countUnread(items, {})).toBe(3)
    expect(countUnread(items, { 7: 2 })).toBe(1)
    thread.apply(status('m7-4', 'read'))
    expect(countUnread(thread.list(), { 7: 2 })).toBe(0)
    expect(newest(items)).toEqual({ 7: 4 })
    expect(upto(items)).toEqual({ conversation: '7', seq: 4 })
  })
})
