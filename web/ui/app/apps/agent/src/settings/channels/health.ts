// How a channel's health looks: a colour and a symbol beside the word, never the colour alone.

import { s } from '@switchboard/i18n/settings'
import type { Channel, Checks } from '../../calls/channels'

type State = 'connecting' | 'connected' | 'degraded' | 'disconnected'

const LOOKS: Record<State, { colour: 'success' | 'warning' | 'error' | 'neutral'; icon: string }> = {
  connected: { colour: 'success', icon: 'i-lucide-circle-check' },
  connecting: { colour: 'neutral', icon: 'i-lucide-loader' },
  degraded: { colour: 'warning', icon: 'i-lucide-triangle-alert' },
  disconnected: { colour: 'error', icon: 'i-lucide-unplug' },
}

export const look_of = (state: string) => LOOKS[state as State] ?? LOOKS.disconnected

export const state_of = (channel: Channel) => channel.health?.state ?? channel.status

/** What people call an input of which the server says the key. */
const label_of = (key: string) => (key === 'address' ? s.channels.checks.number : s.channels.fields[key]?.[0])

/** `auth_token: Make a new one.` with the name the form gives it. */
export const readable = (detail: string): string =>
  detail.replace(/^([a-z_]+): /, (whole: string, key: string) => (label_of(key) ? `${label_of(key)}: ` : whole))

/** What a check has against each input. */
export function complaints_of(found: Checks): [input: string, cure: string][] {
  const parts = found.checks.filter((one) => !one.ok).map((one) => /^([a-z_]+): (.+)$/s.exec(one.detail ?? ''))
  return parts.flatMap((one) => (one ? [[one[1]!, one[2]!]] : []))
}
