// The shapes of docs/protocol.md as types: REST answers, websocket frames and close codes.

/** RFC 3339, UTC, with microseconds. */
export type Time = string
export type Id = string

export type ConversationStatus = 'open' | 'closed' | 'deleted'
export type ChannelKind = 'whatsapp' | 'sms' | 'webchat'
export type WindowState = 'none' | 'open' | 'closed'
/** `internal`: private notes, seen by the team only. */
export type Direction = 'in' | 'out' | 'internal'
export type MessageKind =
  | 'text'
  | 'media'
  | 'location'
  | 'contacts'
  | 'reaction'
  | 'order'
  | 'button'
  | 'template'
  | 'note'
  | 'system'
  | 'unsupported'
export type MessageStatus = 'queued' | 'sending' | 'unknown' | 'sent' | 'delivered' | 'read' | 'failed' | 'cancelled'
export type MediaKind = 'image' | 'video' | 'audio' | 'document' | 'sticker'

export interface Contact {
  id: Id
  kind: 'contact' | 'guest'
  name: string
  name_is_placeholder?: boolean
  profile_name?: string | null
  phone?: string | null
  email?: string | null
}

export interface ChannelRef {
  id: Id
  kind: ChannelKind
  name: string
}

export interface Assignee {
  user_id: Id
  name: string
  owner: boolean
}

export interface LastMessage {
  preview: string
  direction: Direction
  kind: MessageKind
  status?: MessageStatus | null
  at: Time
}

export interface ReplyWindow {
  state: WindowState
  expires_at?: Time | null
}

export interface Conversation {
  id: Id
  number: number
  group_id: Id
  status: ConversationStatus
  contact: Contact
  /** Null when no connected channel is left to reply on. */
  channel?: ChannelRef | null
  assignees: Assignee[]
  last_message?: LastMessage | null
  window: ReplyWindow
  waiting_since?: Time | null
  last_activity_at: Time
  inbound_count: number
  seq: number
  created_at: Time
  /** Grows with every change; a replacing command may say which one it has seen. */
  version?: number
  snoozed_until?: Time | null
  closing_note?: string | null
  deleted_at?: Time | null
  /** Users who may see it; null is everybody in the group. */
  visible_to?: Id[] | null
  previous_conversation_id?: Id | null
}

export interface ReadState {
  last_read_seq: number
  read_inbound_count: number
  forced_unread: boolean
}

export interface Media {
  id: Id
  kind: MediaKind
  file_name?: string | null
  mime?: string | null
  size?: number | null
  state: 'pending' | 'ready' | 'unavailable'
}

export interface Sender {
  /** `broadcast`: one text to many; its name is the broadcast's. */
  kind: 'contact' | 'user' | 'ai' | 'bot' | 'broadcast'
  id?: Id | null
  name: string
}

export interface Failure {
  code: string
  detail?: string | null
}

export interface Message {
  id: Id
  conversation_id: Id
  seq: number
  channel_id: Id
  direction: Direction
  kind: MessageKind
  sender: Sender
  text?: string | null
  media: Media[]
  client_id?: string | null
  /** What has no field of its own; its shape depends on `kind`. */
  extra?: unknown
  status?: MessageStatus | null
  failure?: Failure | null
  /** Why a queued message waits, and until when if that is known. */
  hold_reason?: 'business_hours' | 'channel' | null
  release_at?: Time | null
  attempt?: number
  at: Time
  sent_at?: Time | null
  delivered_at?: Time | null
  read_at?: Time | null
}

/** What `extra` of a template message holds. */
export interface SentTemplate {
  name: string
  language: string
  category?: string | null
  header?: { type: 'text' | 'image' | 'video' | 'document'; text?: string | null } | null
  footer?: string | null
  buttons?: { type?: string; text: string; url?: string | null }[] | null
}

export interface Actor {
  kind: 'user' | 'system' | 'ai' | 'bot' | 'contact'
  id?: Id | null
  name?: string | null
}

export type EntryBody =
  | { t: 'conversation.created'; d: { channel_id: Id } }
  | { t: 'message.created'; d: { message: Message } }
  | { t: 'message.status'; d: StatusChange }
  | { t: 'message.media'; d: { message_id: Id; media: Media } }
  | {
      t: 'conversation.assigned'
      d: { by: Actor; to: Assignee[]; from: Assignee[]; reason: 'attend' | 'assign' | 'add' | 'reopen' }
    }
  | {
      t: 'conversation.unassigned'
      d: { by: Actor; from: Assignee[]; reason: 'unassign' | 'left_group' | 'deactivated' | 'removed' }
    }
  | { t: 'conversation.closed'; d: { by: Actor; note?: string | null } }
  | { t: 'conversation.reopened'; d: { by: Actor } }
  | { t: 'conversation.snoozed'; d: { by: Actor; until: Time } }
  | { t: 'conversation.woken'; d: { by?: Actor | null; reason: 'due' | 'message' | 'assigned' | 'user' } }
  | { t: 'conversation.deleted'; d: { by: Actor } }
  | { t: 'conversation.restored'; d: { by: Actor } }

export interface StatusChange {
  message_id: Id
  status: MessageStatus
  at: Time
  failure?: Failure | null
  hold_reason?: Message['hold_reason']
  release_at?: Time | null
  attempt?: number
}

/** One event of a conversation, the same in the timeline and on the socket. */
export type Entry = EntryBody & { conversation_id: Id; seq: number; at: Time }

/** An entry as agents' sockets carry it. */
export type EntryFrame = Entry & { row?: Conversation; cursor?: string }

export interface User {
  id: Id
  first_name: string
  last_name: string
  email: string
  role: 'admin' | 'agent'
  /** Nothing else works until they chose a password of their own. */
  must_change_password?: boolean
}

export interface Group {
  id: Id
  name: string
  position?: number
  status?: 'active' | 'archived'
  /** The group every new colleague joins. */
  is_first?: boolean
  /** One's own part in it; null for an admin who is no member. */
  role?: 'admin' | 'agent' | null
  /** Operations one may do in it. */
  permissions?: string[]
}

/** Somebody a conversation can be assigned to. */
export interface Member extends User {
  online?: boolean
  open_conversations?: number
}

export interface Business {
  id: Id
  name: string
  country: string
  time_zone: string
}

export interface Session {
  user: User
  business: Business
  groups: Group[]
  /** Operations one may do in the whole business. */
  permissions?: string[]
  demo?: boolean
  server_time: Time
}

export interface Channel {
  id: Id
  kind: ChannelKind
  provider: string
  name: string
  group_id: Id
  address: string
  status: string
  webhook_url?: string | null
  settings?: Record<string, unknown> | null
}

export type View = 'team' | 'mine' | 'sent' | 'unassigned' | 'pending' | 'snoozed' | 'closed' | 'all'

export type Counts = Partial<Record<View, number>>

export interface Listed {
  conversation: Conversation
  read: ReadState
}

/** Facts of a refusal stand beside code and detail, under names of their own. */
export interface ErrorBody {
  error: { code: string; detail?: string | null; fields?: Record<string, string> | null; [fact: string]: unknown }
}

// --- replying ---------------------------------------------------------------

export type ComposerState =
  | 'open'
  | 'template_only'
  | 'opted_out'
  | 'contact_archived'
  | 'no_channel'
  | 'channel_down'
  | 'closed'

export interface ReplyLine {
  channel_id: Id
  kind: ChannelKind
  name: string
  /** The customer's address on it. */
  address: string
  state: ComposerState
  code?: string | null
  /** Longest text of one message, in characters. */
  max_text: number
  /** Files of one message; 0 for a line that sends none. */
  max_files: number
}

/** What may be written now, and what will happen to it. */
export interface ComposerAdvice {
  state: ComposerState
  code?: string | null
  detail?: string | null
  /** Outside business hours: when a message written now goes out. */
  holds_until?: Time | null
  warnings?: { code: string; detail?: string | null }[]
  channels?: ReplyLine[]
}

export interface TemplateVar {
  key: string
  label: string
  value: string | null
}

export interface Template {
  id: Id
  name: string
  language: string
  preview: string
  vars: TemplateVar[]
}

export interface SendableTemplates {
  registered: Template[]
  saved: Template[]
}

export interface SavedReply {
  id: Id
  name: string
  body: string
  media?: Media[]
  group_id?: Id | null
}

export interface Draft {
  text: string
  updated_at: Time
}

export interface BulkResult {
  id: Id
  outcome: 'done' | 'unchanged' | 'refused'
  code?: string | null
  detail?: string | null
}

export interface SearchHit {
  conversation_id: Id
  number: number
  contact_name: string
  message_id: Id
  seq: number
  at: Time
  snippet: { text: string; hit: boolean }[]
}

export interface SearchResults {
  contacts: { contact: Contact; open_conversation_id?: Id | null }[]
  conversations: Listed[]
  messages: SearchHit[]
}

export interface SetupRequest {
  token: string
  business_name: string
  country: string
  time_zone: string
  first_name: string
  last_name: string
  email: string
  password: string
}

// --- socket /ws/agent -------------------------------------------------------

export interface HelloFrame {
  t: 'hello'
  d: { user: User; cursor: string; server_time: Time }
}
export interface AckFrame {
  t: 'ack'
  req: string
  d: Record<string, unknown>
}
export interface ErrorFrame {
  t: 'error'
  req?: string
  code: string
  detail?: string | null
}
export interface ResumedFrame {
  t: 'resumed'
  req: string
  d: { frames: number; cursor: string }
}
export interface ResyncFrame {
  t: 'resync'
  req: string
}
export interface TypingFrame {
  t: 'typing'
  conversation_id: Id
  d: { who: { kind: 'user' | 'contact'; id: Id; name: string }; until: Time }
}
export interface ViewingFrame {
  t: 'presence.viewing'
  conversation_id: Id
  d: { users: { id: Id; name: string }[] }
}
export interface ReadStateFrame {
  t: 'conversation.read_state'
  conversation_id: Id
  d: ReadState
}
export interface ReadBatchFrame {
  t: 'read.batch'
  d: { states: (ReadState & { conversation_id: Id })[] }
}
export interface UserPresenceFrame {
  t: 'presence.user'
  d: { user_id: Id; online: boolean }
}
export interface DraftFrame {
  t: 'draft.changed'
  conversation_id: Id
  /** `tab` is what the writing tab called itself. */
  d: { draft: Draft | null; tab?: string | null }
}
export interface MentionedFrame {
  t: 'note.mentioned'
  conversation_id: Id
  d: { by: { id: Id; name: string }; message_id: Id; seq: number; number: number }
}
export interface CountsFrame {
  t: 'counts.updated'
  d: { group_id: Id; counts: Counts }
}
export interface WindowFrame {
  t: 'window.changed'
  conversation_id: Id
  d: { channel_id: Id; state: WindowState; expires_at?: Time | null }
}
export interface DrainingFrame {
  t: 'server.draining'
  d: { reconnect_after_ms: number }
}

export type ServerFrame =
  | HelloFrame
  | AckFrame
  | ErrorFrame
  | ResumedFrame
  | ResyncFrame
  | TypingFrame
  | ViewingFrame
  | ReadStateFrame
  | ReadBatchFrame
  | UserPresenceFrame
  | DraftFrame
  | MentionedFrame
  | CountsFrame
  | WindowFrame
  | DrainingFrame
  | EntryFrame

export type ClientFrame =
  | { t: 'resume'; cursor: string }
  | {
      t: 'message.send'
      conversation_id: Id
      client_id: string
      text?: string
      media_ids?: Id[]
      channel_id?: Id
      /** What the writer had seen: anything newer is refused as `newer_messages`. */
      expected_seq?: number
    }
  | { t: 'read.mark'; conversation_id: Id; upto: number }
  | { t: 'read.mark'; conversation_id: Id; unread: true }
  | { t: 'typing'; conversation_id: Id }
  | { t: 'viewing'; conversation_id: Id | null }
  | { t: 'ping' }

/** Close codes of section 3. */
export const CLOSE = {
  bye: 1000,
  not_allowed: 1008,
  restarting: 1012,
  signed_out: 4001,
  too_slow: 4008,
  too_many_frames: 4009,
} as const
