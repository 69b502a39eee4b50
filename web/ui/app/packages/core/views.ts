// Which conversation belongs to which list, and the filters of a list that is asked for with conditions.

import type { Conversation, Id, View } from '@switchboard/protocol'

/** The lists of the menu, in its order. */
export const VIEWS: readonly View[] = ['team', 'mine', 'sent', 'unassigned', 'pending', 'snoozed', 'closed', 'all']

export interface Scope {
  group_id: Id
  user_id: Id
}

/** Conditions beside the list's name; `user` is the inbox of somebody else, `deleted` what an administrator removed. */
export interface Filters {
  user_id?: Id
  channel_id?: Id
  assignee_id?: Id
  /** Days of the viewer, both included: 2026-11-26. */
  from?: string
  to?: string
  q?: string
}

export interface Listing extends Filters {
  view: View | 'user' | 'deleted'
}

export function is_plain(listing: Listing): boolean {
  if (!VIEWS.includes(listing.view as View)) return false
  return Object.entries(listing).every(([key, value]) => key === 'view' || !value)
}

export function in_view(view: Listing['view'], conversation: Conversation, scope: Scope): boolean {
  if (conversation.group_id !== scope.group_id) return false
  if (view === 'deleted') return !!conversation.deleted_at
  if (conversation.deleted_at) return false
  if (view === 'all') return true
  if (view === 'closed') return conversation.status === 'closed'
  if (conversation.status !== 'open') return false
  const snoozed = !!conversation.snoozed_until
  if (view === 'snoozed') return snoozed
  const { assignees, inbound_count } = conversation
  const mine = assignees.some((one) => one.user_id === scope.user_id)
  switch (view) {
    case 'mine':
      return mine && inbound_count > 0 && !snoozed
    case 'sent':
      return mine && inbound_count === 0 && !snoozed
    case 'unassigned':
      return assignees.length === 0 && !snoozed
    case 'pending':
      return !!conversation.waiting_since && !snoozed
    default:
      return !snoozed
  }
}

/** Whether a conversation stands in a list with conditions; a search's hits are known by the server only. */
export function in_listing(listing: Listing, conversation: Conversation, scope: Scope, hits?: ReadonlySet<Id>): boolean {
  if (listing.q && !hits?.has(conversation.id)) return false
  const { user_id, channel_id, assignee_id, from, to } = listing
  if (listing.view === 'user') {
    if (!in_view('team', conversation, scope) || !assigned(conversation, user_id)) return false
  } else if (!in_view(listing.view, conversation, scope)) return false
  // A conversation may have had other lines, too: which ones, the server knows.
  if (channel_id && conversation.channel?.id !== channel_id && !hits?.has(conversation.id)) return false
  if (assignee_id && !assigned(conversation, assignee_id)) return false
  const at = Date.parse(conversation.last_activity_at)
  return !(from && at < day_start(from)) && !(to && at >= day_start(to, 1))
}

const assigned = (conversation: Conversation, user_id: Id | undefined) => conversation.assignees.some((one) => one.user_id === user_id)

/** Midnight of a day in the viewer's zone; days are counted by the calendar, not in 24 hours. */
export function day_start(day: string, later = 0): number {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date + later).getTime()
}
