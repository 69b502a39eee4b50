// WhatsApp's 24-hour window as the screens show it: open with a countdown, closed, or none.

import type { ReplyWindow } from '@switchboard/protocol'

export type WindowView =
  | { state: 'none' }
  | { state: 'closed' }
  | { state: 'open'; left_ms: number; hours: number; minutes: number; soon: boolean }

const HOUR = 3_600_000

/** `now` is server time: an open window whose end has passed is closed, whatever the last frame said. */
export function window_view(window: ReplyWindow, now: number): WindowView {
  if (window.state === 'none') return { state: 'none' }
  if (window.state === 'closed') return { state: 'closed' }
  if (!window.expires_at) return { state: 'none' }
  const left = Date.parse(window.expires_at) - now
  if (!(left > 0)) return { state: 'closed' }
  return {
    state: 'open',
    left_ms: left,
    hours: Math.floor(left / HOUR),
    minutes: Math.max(1, Math.ceil(left / 60_000)),
    soon: left <= 4 * HOUR,
  }
}
