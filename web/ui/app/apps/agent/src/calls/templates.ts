// Registered templates of WhatsApp channels, and the team's own saved replies.

import type { components } from '@switchboard/api'
import { ask, rest } from '../rest'

export type Template = components['schemas']['Template']
export type Reply = components['schemas']['SavedReply']

const of = (id: string) => ({ params: { path: { id } } })

export interface MappingBody {
  header_media_id?: string | null
  vars: Record<string, unknown>
  buttons: Record<string, unknown>
  invoice_only: boolean
}

export const templates = {
  list: (group_id: string) => ask(rest.GET('/api/v1/groups/{id}/templates', of(group_id))),
  sync: (channel_id: string) => ask(rest.POST('/api/v1/channels/{id}/templates/sync', of(channel_id))),
  map: (id: string, body: MappingBody) => ask(rest.PUT('/api/v1/templates/{id}/mapping', { ...of(id), body })),
  replies: (group_id: string, q?: string) =>
    ask(rest.GET('/api/v1/groups/{id}/replies', { params: { path: { id: group_id }, query: q ? { q } : {} } })),
  add_reply: (group_id: string, body: { name: string; body: string; media_ids: string[] }) =>
    ask(rest.POST('/api/v1/groups/{id}/replies', { ...of(group_id), body })),
  change_reply: (id: string, body: { name: string; body: string; media_ids: string[] }) => ask(rest.PUT('/api/v1/replies/{id}', { ...of(id), body })),
  drop_reply: (id: string) => ask(rest.DELETE('/api/v1/replies/{id}', of(id))),
}
