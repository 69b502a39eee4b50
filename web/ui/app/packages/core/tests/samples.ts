// Rows, entries and messages for the tests, with only what a test cares about spelled out.

import type { Conversation, Entry, Listed, Message, MessageStatus } from '@switchboard/protocol'

export function conversation(id: string, change: Partial<Conversation> = {}): Conversation {
  return {
    id,
    number: Number(id),
    group_id: 'g',
    status: 'open',
    contact: { id: `c${id}`, kind: 'contact', name: `Contact ${id}` },
    channel: { id: '5', kind: 'whatsapp', name: 'WhatsApp' },
    assignees: [],
    last_message: null,
    window: { state: 'none' },
    waiting_since: null,
    last_activity_at: '2026-01-05T10:00:00.000000Z',
    inbound_count: 0,
    seq: 1,
    created_at: '2026-01-05T09:00:00.000000Z',
    ...change,
  }
}

export function listed(id: string, change: Partial<Conversation> = {}, read: Partial<Listed['read']> = {}): Listed {
  return {
    conversation: conversation(id, change),
    read: { last_read_seq: 0, read_inbound_count: 0, forced_unread: false, ...read },
  }
}

export function message(seq: number, change: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`,
    conversation_id: '1',
    seq,
    channel_id: '5',
    direction: 'in',
    kind: 'text',
    sender: { kind: 'contact', id: 'c1', name: 'Jo' },
    text: `text ${seq}`,
    media: [],
    at: new Date(Date.UTC(2026, 0, 5, 10, seq)).toISOString(),
    ...change,
  }
}

export function created(seq: number, change: Partial<Message> = {}): Entry {
  const it = message(seq, change)
  return { t: 'message.created', conversation_id: '1', seq, at: it.at, d: { message: it } }
}

export function status(seq: number, message_id: string, to: MessageStatus): Entry {
  return { t: 'message.status', conversation_id: '1', seq, at: '2026-01-05T11:00:00Z', d: { message_id, status: to, at: '2026-01-05T11:00:00Z' } }
}
