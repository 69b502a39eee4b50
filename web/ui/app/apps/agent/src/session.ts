// Who is signed in, and server time. The rest of the app reads it; only login, set-up and the socket change it.

import { shallowRef } from 'vue'
import type { Session } from '@switchboard/protocol'
import { api, ApiError } from './api'

export const session = shallowRef<Session | null>(null)
/** The session ended by itself: the login page says so. */
export const was_signed_out = shallowRef(false)

let clock_offset = 0

export function set_server_time(server_time: string): void {
  const server = Date.parse(server_time)
  if (!Number.isNaN(server)) clock_offset = server - Date.now()
}

/** Milliseconds since 1970 by the server's clock. */
export function server_now(): number {
  return Date.now() + clock_offset
}

/** Asks the server who we are. Null when signed out; other errors are thrown. */
export async function load_session(): Promise<Session | null> {
  try {
    const found = await api.session()
    set_server_time(found.server_time)
    session.value = found
    was_signed_out.value = false
    return found
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      session.value = null
      return null
    }
    throw error
  }
}

export async function sign_out(): Promise<void> {
  try {
    await api.sign_out()
  } finally {
    session.value = null
  }
}
