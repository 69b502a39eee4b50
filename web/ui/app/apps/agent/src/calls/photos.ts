// The photo library of a group.

import { ask, rest } from '../rest'

const of = (id: string) => ({ params: { path: { id } } })

export const photos = {
  list: (group_id: string) => ask(rest.GET('/api/v1/groups/{id}/photos', of(group_id))),
  add: (group_id: string, body: { media_id: string; name: string; reference: string | null }) =>
    ask(rest.POST('/api/v1/groups/{id}/photos', { ...of(group_id), body })),
  remove: (id: string) => ask(rest.DELETE('/api/v1/photos/{id}', of(id))),
}

export type Photo = Awaited<ReturnType<typeof photos.list>>['photos'][number]
