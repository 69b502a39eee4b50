// One's own account, and the pages one sees before signing in.

import { ApiError } from '../api'
import { ask, rest } from '../rest'

export interface MyChanges {
  first_name: string
  last_name: string
  mobile: string | null
  time_zone: string
}

/** A link nobody knows is not a thing that went away: it was copied badly. */
async function by_link<T>(sent: Promise<T>): Promise<T> {
  try {
    return await sent
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) throw new ApiError(404, 'link_unknown', error.detail)
    throw error
  }
}

const device = (id: string) => ({ params: { path: { id } } })

export const account = {
  me: () => ask(rest.GET('/api/v1/me')),
  change: (body: Partial<MyChanges>) => ask(rest.PATCH('/api/v1/me', { body })),
  password: (current_password: string, new_password: string) =>
    ask(rest.POST('/api/v1/me/password', { body: { current_password, new_password } })),
  sessions: () => ask(rest.GET('/api/v1/me/sessions')),
  end_session: (id: string) => ask(rest.DELETE('/api/v1/me/sessions/{id}', device(id))),
  end_others: () => ask(rest.DELETE('/api/v1/me/sessions')),
  second_factor: () => ask(rest.POST('/api/v1/me/second_factor')),
  confirm_second_factor: (code: string) => ask(rest.POST('/api/v1/me/second_factor/confirm', { body: { code } })),
  drop_second_factor: (password: string) => ask(rest.DELETE('/api/v1/me/second_factor', { body: { password } })),

  sign_in: (email: string, password: string, code?: string) =>
    ask(rest.POST('/api/v1/session', { body: { email, password, ...(code ? { code } : {}) } })),
  forgot: (email: string) => ask(rest.POST('/api/v1/password/forgot', { body: { email } })),
  reset: (token: string, password: string) => by_link(ask(rest.POST('/api/v1/password/reset', { body: { token, password } }))),
  look_at_invitation: (token: string) => by_link(ask(rest.POST('/api/v1/invitations/look', { body: { token } }))),
  accept_invitation: (token: string, password: string) =>
    by_link(ask(rest.POST('/api/v1/invitations/accept', { body: { token, password } }))),
}
