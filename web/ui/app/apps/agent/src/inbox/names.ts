// Names of people and reasons as the log shows them.

import { error_text, t } from '@switchboard/i18n'
import type { Actor, Assignee, Entry, Failure, Id } from '@switchboard/protocol'

const actor = (by: Actor, me: Id) => (by.kind === 'user' && by.id === me ? t.sender.you : (by.name ?? t.sender.customer))
const people = (list: Assignee[], me: Id) => list.map((a) => (a.user_id === me ? t.sender.you_object : a.name)).join(', ')

/** The sentence of a system line. `moment` writes a time to come. */
export function event_text(entry: Entry, me: Id, channel: string, moment: (at: string) => string): string {
  switch (entry.t) {
    case 'conversation.created':
      return t.events.created(channel)
    case 'conversation.assigned':
      if (entry.d.reason === 'attend') return t.events.attend(actor(entry.d.by, me))
      if (entry.d.reason === 'reopen') return t.events.reopen_assign(people(entry.d.to, me))
      if (entry.d.reason === 'add') return t.events.add(actor(entry.d.by, me), people(added(entry.d.to, entry.d.from), me))
      return t.events.assign(actor(entry.d.by, me), people(entry.d.to, me))
    case 'conversation.unassigned':
      return unassigned_text(entry.d, me)
    case 'conversation.closed':
      return entry.d.note ? t.events.closed_note(actor(entry.d.by, me), entry.d.note) : t.events.closed(actor(entry.d.by, me))
    case 'conversation.reopened':
      return t.events.reopened(actor(entry.d.by, me))
    case 'conversation.snoozed':
      return t.events.snoozed(actor(entry.d.by, me), moment(entry.d.until))
    case 'conversation.woken':
      if (entry.d.reason === 'user' && entry.d.by) return t.events.unsnoozed(actor(entry.d.by, me))
      return entry.d.reason === 'message' ? t.events.woke_message : t.events.woke
    case 'conversation.deleted':
      return t.events.deleted(actor(entry.d.by, me))
    case 'conversation.restored':
      return t.events.restored(actor(entry.d.by, me))
    default:
      return ''
  }
}

/** Who is new among the assignees. */
const added = (to: Assignee[], from: Assignee[]) => to.filter((one) => !from.some((held) => held.user_id === one.user_id))

function unassigned_text({ by, from, reason }: Extract<Entry, { t: 'conversation.unassigned' }>['d'], me: Id): string {
  if (reason === 'left_group') return t.events.left_group(people(from, me))
  if (reason === 'deactivated') return t.events.deactivated(people(from, me))
  if (reason === 'removed') return t.events.removed(actor(by, me), people(from, me))
  return t.events.unassign(actor(by, me))
}

/** Why a message failed: our words if we know the code, else the provider's; the code itself is for a tooltip. */
export function failure_text(failure: Failure | null | undefined): string {
  if (!failure) return t.errors.internal!
  if (t.errors[failure.code]) return error_text(failure.code)
  return t.failures[failure.code] ?? (failure.detail || failure.code)
}
