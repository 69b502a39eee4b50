// The conversation rows the client holds: one map, and per view one sorted array of ids.
// Changes are collected and shown once per animation frame, so a burst of events costs one render.

import type { Conversation, Id, Listed, ReadState, View } from '@switchboard/protocol'
import { micros } from './time'

export interface Row {
  conversation: Conversation
  read: ReadState
  /** Newest activity in microseconds: the sort key, parsed once. */
  key: number
}

export interface Scope {
  group_id: Id
  user_id: Id
}

export const VIEWS: readonly View[] = ['team', 'mine', 'unassigned', 'closed']

const NOTHING_READ: ReadState = { last_read_seq: 0, read_inbound_count: 0, forced_unread: false }

export function in_view(view: View, conversation: Conversation, scope: Scope): boolean {
  if (conversation.group_id !== scope.group_id) return false
  if (view === 'closed') return conversation.status === 'closed'
  if (conversation.status !== 'open') return false
  if (view === 'mine') return conversation.assignees.some((a) => a.user_id === scope.user_id)
  if (view === 'unassigned') return conversation.assignees.length === 0
  return true
}

export function unread(row: Row): number {
  const fresh = Math.max(0, row.conversation.inbound_count - row.read.read_inbound_count)
  return row.read.forced_unread ? Math.max(1, fresh) : fresh
}

/** Newest activity first; the id breaks ties so that the order is total. */
export function compare(a: Row, b: Row): number {
  return b.key - a.key || (a.conversation.id < b.conversation.id ? 1 : a.conversation.id > b.conversation.id ? -1 : 0)
}

export type Flush = (views: Record<View, Row[]>) => void

export class RowStore {
  private rows = new Map<Id, Row>()
  private views: Record<View, Row[]> = { team: [], mine: [], unassigned: [], closed: [] }
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
    this.views = { team: [], mine: [], unassigned: [], closed: [] }
  }

  release(): void {
    this.held = false
    this.touch()
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
    for (const view of VIEWS) {
      const list = this.views[view]
      const was = before !== undefined && in_view(view, before.conversation, this.scope)
      const is = in_view(view, conversation, this.scope)
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
    this.flushed({
      team: this.views.team.slice(),
      mine: this.views.mine.slice(),
      unassigned: this.views.unassigned.slice(),
      closed: this.views.closed.slice(),
    })
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
