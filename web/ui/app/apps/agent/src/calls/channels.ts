// Channels: checking, connecting and looking after the lines customers write on.

import type { components } from '@switchboard/api'
import { ask, rest } from '../rest'

/** How a channel is doing; null for those who may not change it. */
export interface Health {
  state: string
  reason?: string | null
  detail?: string | null
  last_inbound_at?: string | null
  last_outbound_at?: string | null
  last_callback_at?: string | null
  warnings: string[]
}
export type Channel = Omit<components['schemas']['Channel'], 'health'> & { health?: Health | null }
export type Registration = 'unknown' | 'pending' | 'registered'
export type NewChannel = components['schemas']['CreateChannelRequest']
export type WidgetSettings = components['schemas']['WidgetRequest']
export interface Checks {
  ok: boolean
  checks: { name: string; ok: boolean; detail?: string | null }[]
  phone?: string | null
  name?: string | null
}

export interface ChannelChanges {
  name?: string
  settings?: Record<string, unknown>
  credentials?: Record<string, string>
  registration?: Registration
}

// The document knows these parts as objects only.
const channel = (found: { channel: unknown }) => found.channel as Channel
const checks = (found: unknown) => found as Checks

const of = (id: string) => ({ params: { path: { id } } })

export const channels = {
  list: async () => (await ask(rest.GET('/api/v1/channels'))).channels as unknown as Channel[],
  get: async (id: string) => channel(await ask(rest.GET('/api/v1/channels/{id}', of(id)))),
  check: async (body: NewChannel) => checks(await ask(rest.POST('/api/v1/channels/check', { body }))),
  connect: async (body: NewChannel) => channel(await ask(rest.POST('/api/v1/channels', { body }))),
  change: async (id: string, body: ChannelChanges) => channel(await ask(rest.PATCH('/api/v1/channels/{id}', { ...of(id), body }))),
  check_again: async (id: string) => checks(await ask(rest.POST('/api/v1/channels/{id}/check', of(id)))),
  disconnect: (id: string) => ask(rest.POST('/api/v1/channels/{id}/disconnect', of(id))),
  reconnect: (id: string) => ask(rest.POST('/api/v1/channels/{id}/reconnect', of(id))),
  move: (id: string, group_id: string) => ask(rest.POST('/api/v1/channels/{id}/move', { ...of(id), body: { group_id } })),
  save_widget: async (id: string, body: WidgetSettings) => channel(await ask(rest.PUT('/api/v1/channels/{id}/widget', { ...of(id), body }))),
  identity_secret: (id: string) => ask(rest.POST('/api/v1/channels/{id}/widget/identity_secret', of(id))),
}
