// Which of the team's messages this visitor has received and seen, by conversation, and what to tell the server.
import type { Item } from './thread'

export type Seen = Record<string, number>

const fromTeam = (item: Item): boolean => item.kind === 'bubble' && !item.mine

/** The newest team message of every conversation. */
export function newest(items: Item[]): Seen {
  const seen: Seen = {}
  for (const item of items) {
    if (fromTeam(item) && item.conversation_id) seen[item.conversation_id] = Math.max(seen[item.conversation_id] ?? 0, item.seq)
  }
  return seen
}

/** The newest team message of the current conversation: what `message.ack` and `message.seen` name. */
export function upto(items: Item[]): { conversation: string; seq: number } | null {
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i]
    if (item && fromTeam(item) && item.conversation_id) return { conversation: item.conversation_id, seq: item.seq }
  }
  return null
}

export function countUnread(items: Item[], seen: Seen): number {
  return items.filter(
    (item) => item.kind === 'bubble' && !item.mine && !item.read && item.seq > (seen[item.conversation_id ?? ''] ?? 0),
  ).length
}
