// The REST calls of the settings and account pages, typed by docs/openapi.json: a route or a field that is not
// in that document does not compile.

import createClient from 'openapi-fetch'
import type { paths } from '@switchboard/api'
import { ApiError } from './api'
import { session, was_signed_out } from './session'

export const rest = createClient<paths>({
  baseUrl: '',
  credentials: 'same-origin',
  headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
})

interface Answer {
  data?: unknown
  error?: unknown
  response: Response
}

/** The data of an answer, or an `ApiError`. */
export async function ask<A extends Answer>(sent: Promise<A>): Promise<Exclude<A['data'], undefined>> {
  let answer: A
  try {
    answer = await sent
  } catch {
    throw new ApiError(0, 'connection_lost', '')
  }
  if (answer.response.ok) return answer.data as Exclude<A['data'], undefined>
  const problem = refusal(answer.response.status, answer.error)
  if (problem.code === 'not_signed_in' && session.value) {
    was_signed_out.value = true
    session.value = null
  }
  throw problem
}

/** The error of an answer. One that is not of our shape comes from a proxy in between. */
export function refusal(status: number, body: unknown): ApiError {
  const error = (body as { error?: Record<string, unknown> } | undefined)?.error
  if (typeof error?.code !== 'string') return new ApiError(status, status === 502 || status === 503 ? 'overloaded' : 'internal', '')
  const { code, detail, fields, ...facts } = error
  return new ApiError(status, code, typeof detail === 'string' ? detail : '', (fields ?? {}) as Record<string, string>, facts)
}
