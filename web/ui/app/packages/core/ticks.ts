// The ticks of an outbound message: what to draw for a status, and which of two statuses is the further one.

import type { MessageStatus } from '@switchboard/protocol'

export type Tick = 'clock' | 'single' | 'double' | 'blue' | 'failed' | 'cancelled'

export function tick_of(status: MessageStatus | null | undefined): Tick {
  switch (status) {
    case 'sent':
      return 'single'
    case 'delivered':
      return 'double'
    case 'read':
      return 'blue'
    case 'failed':
      return 'failed'
    case 'cancelled':
      return 'cancelled'
    default:
      return 'clock'
  }
}

const RANK: Record<MessageStatus, number> = {
  queued: 0,
  sending: 1,
  unknown: 2,
  sent: 3,
  cancelled: 4,
  failed: 4,
  delivered: 5,
  read: 6,
}

/** Statuses only move forward: a receipt that overtakes another, or comes twice, changes nothing. A retry begins anew. */
export function moves_forward(from: MessageStatus | null | undefined, to: MessageStatus): boolean {
  if (from === 'failed' && to === 'queued') return true
  return !from || RANK[to] > RANK[from]
}
