// Messages on their way: kept in storage until the server has them, sent in order per conversation, never twice
// (the server knows them by `client_id`). One storage key per message, so two tabs do not overwrite each other.

import type { Id, Media } from '@switchboard/protocol'
import type { Store } from './storage'

export interface Pending {
  client_id: string
  conversation_id: Id
  text: string
  media: Media[]
  at: string
  /** The line it goes out on; the server chooses when it is not named. */
  channel_id?: Id
  /** What the writer had seen; a refusal `newer_messages` drops it, so that trying again sends. */
  expected_seq?: number
  /** A private note: it goes to the team instead of the customer. */
  note?: { mentions: Id[] }
  /** `accepted`: the server answered, its frame has not arrived yet. */
  state: 'waiting' | 'sending' | 'accepted' | 'failed'
  error?: { code: string; detail: string }
}

export type Send = (pending: Pending) => Promise<unknown>

/** Refusals that pass by themselves: the message stays in the outbox. */
const TRANSIENT = new Set(['connection_lost', 'rate_limited', 'overloaded', 'busy', 'internal', 'unavailable', 'timeout'])
const RETRY_MS = 3_000
/** Refusals of what the message itself says or carries: the same once more is refused again. */
const FOR_GOOD = new Set(['validation', 'text_too_long', 'message_empty', 'media_too_large', 'media_type_unsupported', 'template_vars_missing'])

export const may_help_again = (pending: Pending): boolean => !FOR_GOOD.has(pending.error?.code ?? '')

export class Outbox {
  private items: Pending[] = []
  private online = false
  private retry: unknown = null
  private readonly prefix: string

  constructor(
    private readonly store: Store,
    user_id: Id,
    private readonly send: Send,
    private readonly changed: () => void,
    private readonly later: (run: () => void, ms: number) => unknown = setTimeout,
  ) {
    this.prefix = `switchboard.outbox.${user_id}.`
    this.items = this.store
      .keys(this.prefix)
      .map((key) => parse(this.store.get(key)))
      .filter((item): item is Pending => item !== null)
      .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  }

  of(conversation_id: Id): Pending[] {
    return this.items.filter((item) => item.conversation_id === conversation_id)
  }

  /** Messages that the server does not have. */
  get size(): number {
    return this.items.filter((item) => item.state === 'waiting' || item.state === 'sending').length
  }

  add(message: Omit<Pending, 'state' | 'error'>): void {
    const item: Pending = { ...message, state: 'waiting' }
    this.items.push(item)
    this.save(item)
    this.changed()
    this.pump()
  }

  set_online(online: boolean): void {
    this.online = online
    if (online) this.pump()
  }

  /** The message is in the conversation: its bubble is the real one from here on. */
  confirm(client_id: string): boolean {
    return this.remove(client_id)
  }

  discard(client_id: string): void {
    this.remove(client_id)
  }

  try_again(client_id: string): void {
    this.update(client_id, { state: 'waiting', error: undefined, expected_seq: undefined })
    this.pump()
  }

  /** After a resync the conversation itself shows what was accepted. */
  forget_accepted(): void {
    this.items = this.items.filter((item) => item.state !== 'accepted')
    this.changed()
  }

  private pump(): void {
    if (!this.online) return
    const busy = new Set(this.items.filter((i) => i.state === 'sending').map((i) => i.conversation_id))
    for (const item of [...this.items]) {
      if (item.state !== 'waiting' || busy.has(item.conversation_id)) continue
      busy.add(item.conversation_id)
      void this.transmit(item)
    }
  }

  private async transmit(item: Pending): Promise<void> {
    this.update(item.client_id, { state: 'sending' })
    try {
      await this.send(item)
      this.store.remove(this.prefix + item.client_id)
      this.update(item.client_id, { state: 'accepted' })
    } catch (error) {
      const { code, message } = error as { code?: string; message?: string }
      if (TRANSIENT.has(code ?? 'internal')) {
        this.update(item.client_id, { state: 'waiting' })
        if (code !== 'connection_lost') this.pump_later()
        return
      }
      this.update(item.client_id, { state: 'failed', error: { code: code ?? 'internal', detail: message ?? '' } })
    }
    this.pump()
  }

  private pump_later(): void {
    if (this.retry !== null) return
    this.retry = this.later(() => {
      this.retry = null
      this.pump()
    }, RETRY_MS)
  }

  private update(client_id: string, change: Partial<Pending>): void {
    this.items = this.items.map((item) => {
      if (item.client_id !== client_id) return item
      const next = { ...item, ...change }
      if (next.state !== 'accepted') this.save(next)
      return next
    })
    this.changed()
  }

  private remove(client_id: string): boolean {
    const before = this.items.length
    this.items = this.items.filter((item) => item.client_id !== client_id)
    if (this.items.length === before) return false
    this.store.remove(this.prefix + client_id)
    this.changed()
    return true
  }

  private save(item: Pending): void {
    this.store.set(this.prefix + item.client_id, JSON.stringify(item))
  }
}

/** What was being sent when the page went away is sent again; the server recognises it. */
function parse(text: string | null): Pending | null {
  try {
    const item = JSON.parse(text ?? '') as Pending
    if (!item.client_id || !item.conversation_id || !Array.isArray(item.media)) return null
    return item.state === 'sending' ? { ...item, state: 'waiting' } : item
  } catch {
    return null
  }
}

/** A random id; `crypto.randomUUID` exists only on https and localhost. */
export function new_client_id(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
