// What the reply box may do: open, locked with a reason, or held back for later; for the line the writer chose.

import type { ComposerAdvice, ComposerState, Conversation, Id, ReplyLine } from '@switchboard/protocol'
import { window_view } from './window'

export type ReplyState = ComposerState | 'deleted'

export interface ReplyView {
  state: ReplyState
  /** The chosen line, when the server named lines. */
  line: ReplyLine | null
  /** Outside business hours: when a message written now goes out. */
  holds_until: string | null
}

/** `now` is server time: a window whose end has passed locks the box, whatever the last answer said. */
export function reply_view(conversation: Conversation, advice: ComposerAdvice | undefined, chosen: Id | null, now: number): ReplyView {
  const lines = advice?.channels ?? []
  const line = lines.find((one) => one.channel_id === (chosen ?? conversation.channel?.id)) ?? null
  const view: ReplyView = { state: 'open', line, holds_until: advice?.holds_until ?? null }
  if (conversation.deleted_at) return { ...view, state: 'deleted' }
  if (conversation.status === 'closed') return { ...view, state: 'closed' }
  const told = line?.state ?? advice?.state ?? (conversation.channel ? 'open' : 'no_channel')
  if (told === 'closed') return view
  const own_window = !line || line.channel_id === conversation.channel?.id
  const passed = own_window && window_view(conversation.window, now).state === 'closed'
  return { ...view, state: told === 'open' && passed ? 'template_only' : told }
}

/** Messages of others that came after the writer began: what should be read before sending. */
export function newer(lines: readonly { kind: string; seq: number; message?: { direction: string; sender: { kind: string; id?: Id | null } } }[], begun: number, me: Id): number {
  return lines.filter(({ seq, message }) => {
    if (!message || seq <= begun || message.direction === 'internal' || message.sender.kind === 'broadcast') return false
    return message.direction === 'in' || !(message.sender.kind === 'user' && message.sender.id === me)
  }).length
}
