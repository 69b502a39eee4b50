// The conversation rows the client holds: one map, and per view one sorted array of ids.
// Changes are collected and shown once per animation frame, so a burst of events costs one render.

import type { Conversation, Id, Listed, ReadState, View } from '@switchboard/protocol'
import { micros } from './time'
import { in_view, VIEWS, type Scope } from './views'

export interface Row {
  conversation: Conversation
  read: ReadState
  /** Newest activity in microseconds: the sort key, parsed once. */
  key: number
}

/** The lists of the menu, and one with conditions: a search, a filter, somebody's inbox. */
export type ListKey = View | 'found'

export const LISTS: readonly ListKey[] = [...VIEWS, 'found']

export type Belongs = (conversation: Conversation) => boolean

const NOTHING_READ: ReadState = { last_read_seq: 0, read_inbound_count: 0, forced_unread: false }

export function unread(row: Row): number {
  const fresh = Math.max(0, row.conversation.inbound_count - row.read.read_inbound_count)
  return row.read.forced_unread ? Math.max(1, fresh) : fresh
}

/** Newest activity first; the id breaks ties so that the order is total. */
export function compare(a: Row, b: Row): number {
  return b.key - a.key || (a.conversation.id < b.conversation.id ? 1 : a.conversation.id > b.conversation.id ? -1 : 0)
}

export type Flush = (views: Record<ListKey, Row[]>) => void

export function no_rows(): Record<ListKey, Row[]> {
  return Object.fromEntries(LISTS.map((key) => [key, []])) as unknown as Record<ListKey, Row[]>
}

export class RowStore {
  private rows = new Map<Id, Row>()
  private views = no_rows()
  /** As they were handed out last: lists that did not change stay the same arrays. */
  private shown = no_rows()
  private changed = new Set<ListKey>()
  private found: Belongs | null = null
  private scheduled = false
  private held = false

  constructor(
    private scope: Scope,
    private readonly flushed: Flush,
    private readonly schedule: (run: () => void) => void = (run) => requestAnimationFrame(run),
  ) {}

  get(id: Id): Row | undefined {
    return this.rows.get(id)
  }

  all(): IterableIterator<Row> {
    return this.rows.values()
  }

  /**
   * Forgets everything, for a resync or another group. The screen keeps the old rows until `release`, so that
   * frames that arrive while the lists are fetched neither get lost nor show half a list.
   */
  restart(scope: Scope = this.scope): void {
    this.scope = scope
    this.held = true
    this.rows = new Map()
    this.views = no_rows()
    LISTS.forEach((key) => this.changed.add(key))
  }

  release(): void {
    this.held = false
    this.show()
  }

  /** Hands the lists out now: what was fetched must be there when its list is called ready. */
  show(): void {
    if (!this.held) this.flush()
  }

  /** Chooses what stands in the list with conditions; null empties it. */
  show_found(belongs: Belongs | null): void {
    this.found = belongs
    this.views.found = belongs ? [...this.rows.values()].filter((row) => belongs(row.conversation)).sort(compare) : []
    this.changed.add('found')
    this.touch()
  }

  private belongs(key: ListKey, conversation: Conversation): boolean {
    return key === 'found' ? (this.found?.(conversation) ?? false) : in_view(key, conversation, this.scope)
  }

  /** A row from REST: what the viewer has read comes with it. */
  put(listed: Listed): void {
    const held = this.rows.get(listed.conversation.id)
    if (held && held.conversation.seq > listed.conversation.seq) {
      this.set_read(listed.conversation.id, listed.read)
      return
    }
    this.replace(listed.conversation, newer_read(held?.read, listed.read))
  }

  /** A row from a frame. True when it is news: older and repeated frames are ignored. */
  apply(conversation: Conversation): boolean {
    const held = this.rows.get(conversation.id)
    if (held && held.conversation.seq >= conversation.seq) return false
    this.replace(conversation, held?.read ?? NOTHING_READ)
    return true
  }

  set_read(id: Id, read: ReadState): void {
    const held = this.rows.get(id)
    if (held) this.replace(held.conversation, read)
  }

  private replace(conversation: Conversation, read: ReadState): void {
    const before = this.rows.get(conversation.id)
    const row: Row = { conversation, read, key: micros(conversation.last_activity_at) }
    this.rows.set(conversation.id, row)
    for (const view of LISTS) {
      const list = this.views[view]
      const was = before !== undefined && this.belongs(view, before.conversation)
      const is = this.belongs(view, conversation)
      if (was || is) this.changed.add(view)
      if (was && is && before.key === row.key) {
        const at = position(list, before)
        if (list[at] === before) {
          list[at] = row
          continue
        }
      }
      if (was) {
        const at = position(list, before)
        if (list[at] === before) list.splice(at, 1)
      }
      if (is) list.splice(position(list, row), 0, row)
    }
    this.touch()
  }

  /** Asks for a flush in the next frame. */
  touch(): void {
    if (this.scheduled) return
    this.scheduled = true
    this.schedule(() => {
      this.scheduled = false
      if (!this.held) this.flush()
    })
  }

  private flush(): void {
    const shown = { ...this.shown }
    for (const key of this.changed) shown[key] = this.views[key].slice()
    this.changed.clear()
    this.shown = shown
    this.flushed(shown)
  }
}

/** Where a row is or belongs in a sorted list. */
function position(list: Row[], row: Row): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(list[middle]!, row) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Of two read states the one that has read more; a state that says "unread" on purpose is kept as the newer. */
function newer_read(held: ReadState | undefined, fetched: ReadState): ReadState {
  return held && held.last_read_seq > fetched.last_read_seq ? held : fetched
}
