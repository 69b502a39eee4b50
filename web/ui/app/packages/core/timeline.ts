// One conversation's log as the client holds it: entries in order of `seq`, statuses and media folded into messages,
// and the list of things to draw (day separators, bubbles, system lines, messages still on their way).

import type { Entry, Id, Message } from '@switchboard/protocol'
import type { Pending } from './outbox'
import { moves_forward } from './ticks'
import { day_key } from './time'

export type Line =
  | { kind: 'message'; seq: number; at: string; message: Message }
  | { kind: 'event'; seq: number; at: string; entry: Entry }

/**
 * `day` is set on the first item of a day: its separator is part of the item, so that loading older entries only
 * ever puts items in front (a separator of its own would change its place, and the log would jump).
 */
export type Item = { key: string; day?: string } & (
  | { kind: 'message'; message: Message; joined: boolean }
  | { kind: 'event'; entry: Entry }
  | { kind: 'pending'; pending: Pending; joined: boolean }
)

/** Messages of one sender within this time stand together, with one name. */
const JOIN_MS = 5 * 60_000

export class Timeline {
  lines: Line[] = []
  /** Older entries exist on the server. */
  more = false
  loaded = false
  private readonly index = new Map<Id, number>()

  constructor(readonly conversation_id: Id) {}

  /** The newest page, replacing what was held; entries that arrived meanwhile are kept. */
  load(entries: Entry[], more: boolean): void {
    const newest = entries.at(-1)?.seq ?? 0
    const later = this.loaded ? this.lines.filter((line) => line.seq > newest) : this.lines
    this.lines = [...entries.flatMap(line_of), ...later]
    this.lines = unique(this.lines.sort((a, b) => a.seq - b.seq))
    this.more = more
    this.loaded = true
    this.reindex()
  }

  /** An older page. */
  prepend(entries: Entry[], more: boolean): void {
    this.lines = unique([...entries.flatMap(line_of), ...this.lines].sort((a, b) => a.seq - b.seq))
    this.more = more
    this.reindex()
  }

  /** An entry from the socket. True when something to see changed. */
  apply(entry: Entry): boolean {
    if (entry.t === 'message.status') return this.change(entry.d.message_id, (message) => with_status(message, entry))
    if (entry.t === 'message.media') {
      const { media } = entry.d
      return this.change(entry.d.message_id, (message) => ({
        ...message,
        media: message.media.map((one) => (one.id === media.id ? media : one)),
      }))
    }
    const [line] = line_of(entry)
    if (!line) return false
    const last = this.lines.at(-1)
    if (last && line.seq <= last.seq) {
      if (this.lines.some((held) => held.seq === line.seq)) return false
      this.lines = [...this.lines, line].sort((a, b) => a.seq - b.seq)
    } else {
      this.lines = [...this.lines, line]
    }
    this.reindex()
    return true
  }

  get oldest(): number | null {
    return this.lines[0]?.seq ?? null
  }

  get newest(): number {
    return this.lines.at(-1)?.seq ?? 0
  }

  private change(message_id: Id, edit: (message: Message) => Message | null): boolean {
    const at = this.index.get(message_id)
    const line = at === undefined ? undefined : this.lines[at]
    if (at === undefined || line?.kind !== 'message') return false
    const message = edit(line.message)
    if (!message) return false
    this.lines = this.lines.with(at, { ...line, message })
    return true
  }

  private reindex(): void {
    this.index.clear()
    this.lines.forEach((line, at) => {
      if (line.kind === 'message') this.index.set(line.message.id, at)
    })
  }
}

function line_of(entry: Entry): Line[] {
  switch (entry.t) {
    case 'message.created':
      return [{ kind: 'message', seq: entry.seq, at: entry.d.message.at ?? entry.at, message: entry.d.message }]
    case 'conversation.assigned':
    case 'conversation.unassigned':
    case 'conversation.closed':
    case 'conversation.reopened':
    case 'conversation.created':
    case 'conversation.snoozed':
    case 'conversation.woken':
    case 'conversation.deleted':
    case 'conversation.restored':
      return [{ kind: 'event', seq: entry.seq, at: entry.at, entry }]
    default:
      return []
  }
}

function with_status(message: Message, entry: Extract<Entry, { t: 'message.status' }>): Message | null {
  const { status, at, failure, hold_reason = null, release_at = null, attempt } = entry.d
  const held_anew = status === 'queued' && message.status === 'queued'
  if (!held_anew && !moves_forward(message.status, status)) return null
  const next: Message = { ...message, status, failure: failure ?? null, hold_reason, release_at }
  if (attempt !== undefined) next.attempt = attempt
  if (status === 'sent') next.sent_at = at
  if (status === 'delivered') next.delivered_at = at
  if (status === 'read') next.read_at = at
  return next
}

function unique(lines: Line[]): Line[] {
  return lines.filter((line, at) => at === 0 || lines[at - 1]!.seq !== line.seq)
}

/** Everything to draw, in order. The key of an own message is its `client_id`, so its bubble stays the same one. */
export function items_of(lines: Line[], pending: Pending[]): Item[] {
  const items: Item[] = []
  const known = new Set<string>()
  let day = ''
  let previous: { who: string; at: number } | null = null
  const new_day = (at: string): string | undefined => {
    const key = day_key(at)
    if (key === day) return undefined
    day = key
    previous = null
    return at
  }
  const join = (who: string, at: string): boolean => {
    const time = Date.parse(at)
    const joined: boolean = previous !== null && previous.who === who && time - previous.at < JOIN_MS
    previous = { who, at: time }
    return joined
  }
  for (const line of lines) {
    const day = new_day(line.at)
    if (line.kind === 'event') {
      previous = null
      items.push({ key: `e-${line.seq}`, day, kind: 'event', entry: line.entry })
      continue
    }
    const { message } = line
    if (message.client_id) known.add(message.client_id)
    const joined = join(`${message.direction}.${message.sender.kind}.${message.sender.id ?? ''}`, line.at)
    items.push({ key: `m-${message.client_id ?? message.id}`, day, kind: 'message', message, joined })
  }
  for (const one of pending) {
    if (known.has(one.client_id)) continue
    const day = new_day(one.at)
    items.push({ key: `m-${one.client_id}`, day, kind: 'pending', pending: one, joined: join('pending', one.at) })
  }
  return items
}
