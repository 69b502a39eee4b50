// Names of people and reasons as the log shows them.

import { error_text, t } from '@switchboard/i18n'
import type { Actor, Assignee, Entry, Failure, Id } from '@switchboard/protocol'

const actor = (by: Actor, me: Id) => (by.kind === 'user' && by.id === me ? t.sender.you : by.name)
const people = (list: Assignee[], me: Id) => list.map((a) => (a.user_id === me ? t.sender.you_object : a.name)).join(', ')

/** The sentence of a system line. */
export function event_text(entry: Entry, me: Id, channel: string): string {
  switch (entry.t) {
    case 'conversation.created':
      return t.events.created(channel)
    case 'conversation.assigned':
      if (entry.d.reason === 'attend') return t.events.attend(actor(entry.d.by, me))
      if (entry.d.reason === 'reopen') return t.events.reopen_assign(people(entry.d.to, me))
      return t.events.assign(actor(entry.d.by, me), people(entry.d.to, me))
    case 'conversation.unassigned':
      return t.events.unassign(actor(entry.d.by, me))
    case 'conversation.closed':
      return t.events.closed(actor(entry.d.by, me))
    case 'conversation.reopened':
      return t.events.reopened(actor(entry.d.by, me))
    default:
      return ''
  }
}

/** Why a message failed: our words if we know the code, else the provider's words with the code. */
export function failure_text(failure: Failure | null | undefined): string {
  if (!failure) return t.errors.internal!
  if (t.errors[failure.code]) return error_text(failure.code)
  const known = t.failures[failure.code]
  if (known) return `${known} (${failure.code})`
  return failure.detail ? `${failure.detail} (${failure.code})` : `${failure.code}`
}
