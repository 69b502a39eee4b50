// Groups, their teams and hours.

import { ask, rest } from '../rest'

export interface Hours {
  /** Only of groups: those of the business. */
  inherit: boolean
  time_zone: string
  /** By day, `mon` to `sun`; a day that is missing is closed, a week without any time is always open. */
  weekly: Record<string, string[][]>
  /** `2026-12-25` */
  holidays: string[]
}
export type TeamRole = 'admin' | 'agent'

export const hours_of = (found: { hours: unknown }) => found.hours as Hours

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
  hours: async (id: string) => hours_of(await ask(rest.GET('/api/v1/groups/{id}/hours', of(id)))),
  save_hours: async (id: string, hours: Hours) => hours_of(await ask(rest.PUT('/api/v1/groups/{id}/hours', { ...of(id), body: { hours } }))),
}
