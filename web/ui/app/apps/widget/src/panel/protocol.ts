// The part of docs/protocol.md (sections 1 and 4) a visitor's panel meets.
export interface Media {
  id: string
  kind: 'image' | 'video' | 'audio' | 'document' | 'sticker'
  file_name: string | null
  mime: string
  size: number | null
  state: 'pending' | 'ready' | 'unavailable'
}

export interface Sender {
  kind: 'contact' | 'user' | 'ai' | 'bot'
  name: string | null
}

export interface Message {
  id: string
  conversation_id: string
  seq: number
  direction: 'in' | 'out'
  kind: string
  sender: Sender
  text: string | null
  media?: Media[] | null
  client_id?: string | null
  status?: string | null
  at: string
  delivered_at?: string | null
  read_at?: string | null
}

interface EntryOf<T extends string, D> {
  t: T
  conversation_id: string
  seq: number
  at: string
  cursor?: string | null
  d: D
}

export type Entry =
  | EntryOf<'message.created', { message: Message }>
  | EntryOf<'message.status', { message_id: string; status: string }>
  | EntryOf<'message.media', { message_id: string; media: Media }>
  | EntryOf<'conversation.closed', unknown>

export interface WidgetConfig {
  key: string
  title: string
  greeting: string
  colour: string
  position: 'right' | 'left'
  locale: string
  /** Said while the business is closed. */
  offline_text?: string
  prechat?: { enabled: boolean; fields: PrechatField[] }
}

/** One question to a visitor before their first message. */
export interface PrechatField {
  name: string
  label: string
  required: boolean
}

export interface Hello {
  token: string
  visitor_id: string
  widget: WidgetConfig
  conversation_id: string | null
  entries: Entry[]
  cursor: string
  resumed: boolean
  /** Whether the website vouches for this visitor. */
  identified?: boolean
  /** Whether the business answers now. */
  open?: boolean
  /** Whether the visitor may keep the chat as a file. */
  transcript?: boolean
}

export interface SendAck {
  message_id: string
  conversation_id: string
  seq: number
  at: string
}

/** Any server frame; unknown types are ignored. */
export interface Frame {
  t: string
  req?: string
  code?: string
  detail?: string
  d?: unknown
}

const entryTypes = ['message.created', 'message.status', 'message.media', 'conversation.closed']

export const isEntry = (frame: unknown): frame is Entry => entryTypes.includes((frame as Frame).t)
