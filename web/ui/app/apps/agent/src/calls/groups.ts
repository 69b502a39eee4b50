// Groups, their teams and hours.

import { ask, rest } from '../rest'

export type TeamRole = 'admin' | 'agent'

const of = (id: string) => ({ params: { path: { id } } })

export const groups = {
  list: () => ask(rest.GET('/api/v1/groups')),
  create: (name: string) => ask(rest.POST('/api/v1/groups', { body: { name } })),
  change: (id: string, body: { name?: string; position?: number }) => ask(rest.PATCH('/api/v1/groups/{id}', { ...of(id), body })),
  archive: (id: string) => ask(rest.POST('/api/v1/groups/{id}/archive', of(id))),
  restore: (id: string) => ask(rest.POST('/api/v1/groups/{id}/restore', of(id))),
  team: (id: string) => ask(rest.GET('/api/v1/groups/{id}/team', of(id))),
  save_team: (id: string, members: { user_id: string; role: TeamRole }[], confirm: boolean) =>
    ask(rest.PUT('/api/v1/groups/{id}/team', { ...of(id), body: { members, confirm } })),
}
