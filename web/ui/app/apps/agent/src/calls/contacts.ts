// People who write to the business.

import { ask, rest } from '../rest'

export const contacts = {
  erase: (id: string) => ask(rest.POST('/api/v1/contacts/{id}/erase', { params: { path: { id } } })),
}
