// REST calls of docs/protocol.md section 2, with one error type for all of them.

import type {
  Channel,
  Conversation,
  Counts,
  Entry,
  ErrorBody,
  Id,
  Listed,
  Media,
  ReadState,
  Session,
  SetupRequest,
  User,
  View,
} from '@switchboard/protocol'

const BASE = '/api/v1'

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly fields: Record<string, string> = {},
    /** What else the server says about it: who, how many, until when. */
    readonly facts: Record<string, unknown> = {},
  ) {
    super(detail || code)
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

async function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') headers['Content-Type'] = 'application/json'
  let response: Response
  try {
    response = await fetch(BASE + path, {
      method,
      headers,
      credentials: 'same-origin',
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  } catch {
    throw new ApiError(0, 'connection_lost', '')
  }
  if (response.status === 204) return undefined as T
  const text = await response.text()
  if (!response.ok) throw error_of(response.status, text)
  return (text ? JSON.parse(text) : undefined) as T
}

function error_of(status: number, text: string): ApiError {
  try {
    const { code, detail, fields, ...facts } = (JSON.parse(text) as ErrorBody).error
    return new ApiError(status, code, detail ?? '', fields ?? {}, facts)
  } catch {
    // Not our error shape: a proxy in between.
    return new ApiError(status, status === 503 || status === 502 ? 'overloaded' : 'internal', '')
  }
}

const query = (values: Record<string, string | number | undefined>) => {
  const set = Object.entries(values).filter(([, value]) => value !== undefined)
  return set.length ? `?${new URLSearchParams(set.map(([key, value]) => [key, String(value)]))}` : ''
}

const at = (id: Id) => `/conversations/${encodeURIComponent(id)}`

export const api = {
  setup_needed: () => call<{ needed: boolean }>('GET', '/setup'),
  setup: (request: SetupRequest) => call<{ user: User }>('POST', '/setup', request),
  sign_in: (email: string, password: string) => call<{ user: User }>('POST', '/session', { email, password }),
  session: () => call<Session>('GET', '/session'),
  sign_out: () => call<void>('DELETE', '/session'),
  members: (group_id: Id) => call<{ users: User[] }>('GET', `/groups/${encodeURIComponent(group_id)}/members`),
  channels: () => call<{ channels: Channel[] }>('GET', '/channels'),
  counts: (group_id: Id) => call<{ counts: Counts }>('GET', `/inbox/counts${query({ group_id })}`),
  list: (view: View, group_id: Id, limit: number, after?: string) =>
    call<{ conversations: Listed[]; meta: { next?: string | null } }>(
      'GET',
      `/conversations${query({ view, group_id, limit, after })}`,
    ),
  conversation: (id: Id) => call<Listed>('GET', at(id)),
  timeline: (id: Id, limit: number, before?: number) =>
    call<{ entries: Entry[]; meta: { more: boolean } }>('GET', `${at(id)}/timeline${query({ limit, before })}`),
  attend: (id: Id) => call<{ conversation: Conversation }>('POST', `${at(id)}/attend`),
  assign: (id: Id, user_ids: Id[]) => call<{ conversation: Conversation }>('PUT', `${at(id)}/assignees`, { user_ids }),
  unassign: (id: Id) => call<{ conversation: Conversation }>('DELETE', `${at(id)}/assignees`),
  close: (id: Id) => call<{ conversation: Conversation }>('POST', `${at(id)}/close`),
  reopen: (id: Id) => call<{ conversation: Conversation }>('POST', `${at(id)}/reopen`),
  mark_read: (id: Id, upto: number) => call<{ read: ReadState }>('POST', `${at(id)}/read`, { upto }),
  mark_unread: (id: Id) => call<{ read: ReadState }>('POST', `${at(id)}/read`, { unread: true }),
  media_url: (id: Id, inline = false) => `${BASE}/media/${encodeURIComponent(id)}${inline ? '?inline=1' : ''}`,
}

export interface Upload {
  done: Promise<Media>
  abort(): void
}

/** Uploads a file; `fetch` cannot report how much of it went out, so this is the old request object. */
export function upload(file: File, progress: (share: number) => void): Upload {
  const request = new XMLHttpRequest()
  const done = new Promise<Media>((resolve, reject) => {
    request.open('POST', `${BASE}/media`)
    request.setRequestHeader('Accept', 'application/json')
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) progress(event.loaded / event.total)
    }
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve((JSON.parse(request.responseText) as { media: Media }).media)
      } else if (request.status === 413) {
        const { detail } = error_of(413, request.responseText)
        reject(new ApiError(413, 'media_too_large', detail))
      } else {
        reject(error_of(request.status, request.responseText))
      }
    }
    request.onerror = () => reject(new ApiError(0, 'connection_lost', ''))
    request.onabort = () => reject(new ApiError(0, 'cancelled', ''))
    const form = new FormData()
    form.append('file', file, file.name)
    request.send(form)
  })
  return { done, abort: () => request.abort() }
}
