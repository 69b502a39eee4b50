// REST calls of docs/protocol.md section 2, with one error type for all of them.

import type {
  BulkResult,
  Channel,
  ComposerAdvice,
  Contact,
  Conversation,
  Counts,
  Draft,
  Entry,
  ErrorBody,
  Id,
  Listed,
  Media,
  Member,
  Message,
  ReadState,
  SavedReply,
  SearchResults,
  SendableTemplates,
  Session,
  SetupRequest,
  User,
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
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== '')
  return set.length ? `?${new URLSearchParams(set.map(([key, value]) => [key, String(value)]))}` : ''
}

const at = (id: Id) => `/conversations/${encodeURIComponent(id)}`
const group = (id: Id) => `/groups/${encodeURIComponent(id)}`

type Row = { conversation: Conversation }

/** Who a new conversation is with: a known contact, or a number. */
export type Partner = { contact_id: Id } | { phone: string }

export interface ListQuery {
  [name: string]: string | number | undefined
  view: string
  group_id: Id
  limit: number
  after?: string
}

export interface NewConversation {
  group_id: Id
  channel_id: Id
  client_id: string
  text?: string
  template?: { id: Id; vars: Record<string, string> }
}

export const api = {
  setup_needed: () => call<{ needed: boolean; demo?: boolean }>('GET', '/setup'),
  setup: (request: SetupRequest) => call<{ user: User }>('POST', '/setup', request),
  sign_in: (email: string, password: string) => call<{ user: User }>('POST', '/session', { email, password }),
  session: () => call<Session>('GET', '/session'),
  sign_out: () => call<void>('DELETE', '/session'),
  members: (group_id: Id) => call<{ users: Member[] }>('GET', `${group(group_id)}/members`),
  channels: () => call<{ channels: Channel[] }>('GET', '/channels'),
  counts: (group_id: Id) => call<{ counts: Counts }>('GET', `/inbox/counts${query({ group_id })}`),
  list: (conditions: ListQuery) =>
    call<{ conversations: Listed[]; meta: { next?: string | null } }>('GET', `/conversations${query(conditions)}`),
  conversation: (id: Id) => call<Listed & { composer?: ComposerAdvice }>('GET', at(id)),
  timeline: (id: Id, limit: number, before?: number) =>
    call<{ entries: Entry[]; meta: { more: boolean } }>('GET', `${at(id)}/timeline${query({ limit, before })}`),
  attend: (id: Id) => call<Row>('POST', `${at(id)}/attend`),
  assign: (id: Id, user_ids: Id[], expected_version?: number) =>
    call<Row>('PUT', `${at(id)}/assignees`, { user_ids, expected_version }),
  unassign: (id: Id) => call<Row>('DELETE', `${at(id)}/assignees`),
  add_assignee: (id: Id, user_id: Id) => call<Row>('POST', `${at(id)}/assignees/${encodeURIComponent(user_id)}`),
  close: (id: Id, note?: string, pending?: 'send' | 'cancel') => call<Row>('POST', `${at(id)}/close`, { note, pending }),
  reopen: (id: Id) => call<Row>('POST', `${at(id)}/reopen`),
  snooze: (id: Id, until: string) => call<Row>('PUT', `${at(id)}/snooze`, { until }),
  wake: (id: Id) => call<Row>('DELETE', `${at(id)}/snooze`),
  remove: (id: Id) => call<Row>('DELETE', at(id)),
  restore: (id: Id) => call<Row>('POST', `${at(id)}/restore`),
  mark_read: (id: Id, upto: number) => call<{ read: ReadState }>('POST', `${at(id)}/read`, { upto }),
  mark_unread: (id: Id) => call<{ read: ReadState }>('POST', `${at(id)}/read`, { unread: true }),
  mark_for: (id: Id, user_id: Id, mark: { upto: number } | { unread: true }, confirm: boolean) =>
    call<{ read: ReadState }>('POST', `${at(id)}/read`, { ...mark, user_id, confirm }),
  bulk: (ids: Id[], action: 'assign' | 'close' | 'read' | 'unread', user_ids?: Id[]) =>
    call<{ results: BulkResult[] }>('POST', '/conversations/bulk', { ids, action, user_ids }),
  note: (id: Id, client_id: string, text: string, mentions: Id[]) =>
    call<{ message: Message }>('POST', `${at(id)}/notes`, { client_id, text, mentions }),
  draft: (id: Id) => call<{ draft: Draft | null }>('GET', `${at(id)}/draft`),
  save_draft: (id: Id, text: string, tab: string) =>
    text ? call<{ draft: Draft | null }>('PUT', `${at(id)}/draft`, { text, tab }) : call<void>('DELETE', `${at(id)}/draft`),
  retry_message: (id: Id) => call<{ message: Message }>('POST', `/messages/${encodeURIComponent(id)}/retry`),
  cancel_message: (id: Id) => call<{ message: Message }>('POST', `/messages/${encodeURIComponent(id)}/cancel`),
  sendable: (id: Id, q?: string) => call<SendableTemplates>('GET', `${at(id)}/sendable-templates${query({ q })}`),
  send_template: (id: Id, client_id: string, template: { id: Id; vars: Record<string, string> }, channel_id?: Id) =>
    call<{ message: Message }>('POST', `${at(id)}/messages`, { client_id, template, channel_id }),
  replies: (group_id: Id, q?: string) => call<{ replies: SavedReply[] }>('GET', `${group(group_id)}/replies${query({ q })}`),
  sendable_on: (channel_id: Id, contact_id?: Id) =>
    call<SendableTemplates>('GET', `/channels/${encodeURIComponent(channel_id)}/sendable-templates${query({ contact_id })}`),
  search: (q: string, group_id: Id | undefined, limit: number, where: 'all' | 'contacts' = 'all') =>
    call<SearchResults>('GET', `/search${query({ q, group_id, in: where, limit })}`),
  find: (group_id: Id, partner: Partner) =>
    call<{ contact: Contact | null; conversation: Conversation | null; phone?: string | null }>('POST', '/conversations/find', {
      group_id,
      ...partner,
    }),
  begin: (conversation: NewConversation & Partner) => call<Row & { message: Message }>('POST', '/conversations', conversation),
  /** Notes are for administrators: whoever else asks for them is refused. */
  transcript_url: (id: Id, format: 'txt' | 'pdf', notes: boolean) =>
    `${BASE}${at(id)}/transcript${query({ format, notes: notes ? 'true' : undefined, system: 'true' })}`,
  /** A link that works for ten minutes, for whoever asked for it. */
  media_link: (id: Id) => call<{ url: string; expires_at: string }>('GET', `/media/${encodeURIComponent(id)}/link`),
  retry_media: (id: Id) => call<{ media: Media }>('POST', `/media/${encodeURIComponent(id)}/retry`),
  media_url: (id: Id, inline = false) => `${BASE}/media/${encodeURIComponent(id)}${inline ? '?inline=1' : ''}`,
}

/** Fetches a file and hands it to the browser to keep; a refusal is thrown, not saved. */
export async function download(url: string): Promise<void> {
  let response: Response
  try {
    response = await fetch(url, { credentials: 'same-origin' })
  } catch {
    throw new ApiError(0, 'connection_lost', '')
  }
  if (!response.ok) throw error_of(response.status, await response.text())
  const named = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1]
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = named ?? 'download'
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
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
