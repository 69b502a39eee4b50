// Mail to contacts about a channel: who would get it, sending it, how far it is.

import type { components } from '@switchboard/api'
import { ask, rest } from '../rest'

export type Announcement = components['schemas']['Announcement']
export type Announcements = components['schemas']['AnnouncementsAnswer']
export type Recipient = components['schemas']['Recipient']

const of = (id: string) => ({ params: { path: { id } } })

export const announcements = {
  list: (channel: string) => ask(rest.GET('/api/v1/channels/{id}/announcements', of(channel))),
  send: (channel: string, body: { client_id: string; subject: string; text: string }) =>
    ask(rest.POST('/api/v1/channels/{id}/announcements', { ...of(channel), body })),
  test: (channel: string, body: { subject: string; text: string }) => ask(rest.POST('/api/v1/channels/{id}/announcements/test', { ...of(channel), body })),
  stop: (id: string) => ask(rest.POST('/api/v1/announcements/{id}/stop', of(id))),
  recipients: async (id: string, state: string) =>
    (await ask(rest.GET('/api/v1/announcements/{id}/recipients', { params: { path: { id }, query: { state, limit: 50 } } }))).recipients,
  addresses_url: '/api/v1/contacts/emails.csv',
}
