// Colleagues: inviting, roles, deactivating.

import type { components } from '@switchboard/api'
import { ask, rest } from '../rest'

export type UserRow = components['schemas']['UserRow']
export type Role = 'admin' | 'agent'

export interface Invite {
  first_name: string
  last_name: string
  email: string
  mobile: string | null
  role: Role
  groups?: { group_id: string; role: Role }[]
}

const of = (id: string) => ({ params: { path: { id } } })

export const users = {
  list: () => ask(rest.GET('/api/v1/users')),
  invite: (body: Invite) => ask(rest.POST('/api/v1/users', { body })),
  change: (id: string, body: { first_name?: string; last_name?: string; mobile?: string | null; role?: Role }) =>
    ask(rest.PATCH('/api/v1/users/{id}', { ...of(id), body })),
  invite_again: (id: string) => ask(rest.POST('/api/v1/users/{id}/invitation', of(id))),
  deactivate: (id: string, hand_over_to: string | null) =>
    ask(rest.POST('/api/v1/users/{id}/deactivate', { ...of(id), body: { hand_over_to } })),
  activate: (id: string) => ask(rest.POST('/api/v1/users/{id}/activate', of(id))),
}

