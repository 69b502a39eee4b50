// The visitor's view of the conversation: server entries and optimistic bubbles merged into one ordered list.
// Every update may arrive twice or in either order (ack and echo, replay and live): applying it again changes nothing.
import type { Entry, Media, Message, Sender, SendAck } from './protocol'

export type Tick = 'queued' | 'sent' | 'delivered' | 'failed'

export interface Bubble {
  kind: 'bubble'
  /** Stable from the optimistic bubble to the stored message, so the element is kept. */
  key: string
  id: string | null
  client_id: string | null
  conversation_id: string | null
  seq: number
  mine: boolean
  sender: Sender
  text: string
  media: Media[]
  at: string
  tick: Tick
  /** The server says this visitor has read it. */
  read: boolean
}

export interface Closed {
  kind: 'closed'
  key: string
  conversation_id: string
  seq: number
  at: string
}

export type Item = Bubble | Closed

/** A message waiting to be sent. */
export interface Outgoing {
  client_id: string
  text: string
  media: Media[]
  at: string
}

const rank: Record<Tick, number> = { queued: 0, failed: 0, sent: 1, delivered: 2 }

function tickOf(status: string | null | undefined): Tick {
  if (status === 'delivered' || status === 'read') return 'delivered'
  return status === 'failed' ? 'failed' : 'sent'
}

export class Thread {
  private items = new Map<string, Item>()
  private keyOfId = new Map<string, string>()
  /** Ticks that overtook their message. */
  private early = new Map<string, string>()

  /** Everything, oldest first; unsent messages are last, in the order they were written. */
  list(): Item[] {
    return [...this.items.values()].sort((a, b) => {
      if (!a.seq || !b.seq) return a.seq ? -1 : b.seq ? 1 : 0
      if (a.conversation_id === b.conversation_id) return a.seq - b.seq
      return Date.parse(a.at) - Date.parse(b.at)
    })
  }

  /** Whether the server has this message. */
  stored(client_id: string): boolean {
    return !!this.items.get(client_id)?.seq
  }

  /** Starts over with the server's newest entries; what is still unsent stays. */
  replace(entries: Entry[]): void {
    for (const [key, item] of this.items) if (item.seq) this.items.delete(key)
    this.keyOfId.clear()
    this.early.clear()
    for (const entry of entries) this.apply(entry)
  }

  /** Applies one entry; answers the message when it is one not seen before. */
  apply(entry: Entry): Message | null {
    switch (entry.t) {
      case 'message.created':
        return this.created(entry.d.message)
      case 'message.status':
        this.status(entry.d.message_id, entry.d.status)
        return null
      case 'message.media': {
        const { message_id, media } = entry.d
        this.change(message_id, (bubble) => ({ ...bubble, media: bubble.media.map((m) => (m.id === media.id ? media : m)) }))
        return null
      }
      case 'conversation.closed': {
        const key = `closed:${entry.conversation_id}:${entry.seq}`
        this.items.set(key, { kind: 'closed', key, conversation_id: entry.conversation_id, seq: entry.seq, at: entry.at })
        return null
      }
    }
  }

  /** Shows a message before the server knows it. */
  queue(out: Outgoing): void {
    const known = this.items.get(out.client_id)
    if (known?.seq) return
    this.items.delete(out.client_id)
    this.items.set(out.client_id, {
      kind: 'bubble',
      key: out.client_id,
      id: null,
      client_id: out.client_id,
      conversation_id: null,
      seq: 0,
      mine: true,
      sender: { kind: 'contact', name: null },
      text: out.text,
      media: out.media,
      at: out.at,
      tick: 'queued',
      read: true,
    })
  }

  acked(client_id: string, ack: SendAck): void {
    const item = this.items.get(client_id)
    if (item?.kind !== 'bubble') return
    this.keyOfId.set(ack.message_id, client_id)
    this.items.set(client_id, {
      ...item,
      id: ack.message_id,
      conversation_id: ack.conversation_id,
      seq: ack.seq,
      at: ack.at,
      tick: rank[item.tick] ? item.tick : 'sent',
    })
    this.late(ack.message_id)
  }

  /** The server refused it for good. */
  refused(client_id: string): void {
    const item = this.items.get(client_id)
    if (item?.kind === 'bubble' && !item.seq) this.items.set(client_id, { ...item, tick: 'failed' })
  }

  /** Forgets an unsent message (thrown away, or another tab sent it and the echo comes by itself). */
  drop(client_id: string): void {
    if (!this.items.get(client_id)?.seq) this.items.delete(client_id)
  }

  private created(message: Message): Message | null {
    const known = this.keyOfId.get(message.id)
    const optimistic = message.client_id && this.items.has(message.client_id) ? message.client_id : null
    const key = known ?? optimistic ?? message.client_id ?? message.id
    const old = this.items.get(key)
    const tick = tickOf(message.status ?? (message.delivered_at ? 'delivered' : null))
    this.keyOfId.set(message.id, key)
    this.items.set(key, {
      kind: 'bubble',
      key,
      id: message.id,
      client_id: message.client_id ?? null,
      conversation_id: message.conversation_id,
      seq: message.seq,
      mine: message.direction === 'in',
      sender: message.sender,
      text: message.text ?? '',
      media: message.media ?? [],
      at: message.at,
      tick: old?.kind === 'bubble' && rank[old.tick] > rank[tick] ? old.tick : tick,
      read: message.status === 'read' || !!message.read_at,
    })
    this.late(message.id)
    return known ? null : message
  }

  private status(id: string, status: string): void {
    if (!this.keyOfId.has(id)) {
      this.early.set(id, status)
      return
    }
    const tick = tickOf(status)
    this.change(id, (bubble) => ({
      ...bubble,
      tick: tick === 'failed' || rank[tick] > rank[bubble.tick] ? tick : bubble.tick,
      read: bubble.read || status === 'read',
    }))
  }

  private late(id: string): void {
    const status = this.early.get(id)
    this.early.delete(id)
    if (status) this.status(id, status)
  }

  private change(id: string, next: (bubble: Bubble) => Bubble): void {
    const key = this.keyOfId.get(id)
    const item = key && this.items.get(key)
    if (item && item.kind === 'bubble') this.items.set(item.key, next(item))
  }
}
