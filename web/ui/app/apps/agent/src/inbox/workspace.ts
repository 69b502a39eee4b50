// Everything the inbox screens share while somebody is signed in: the socket, the rows, the open conversation's log,
// the outbox, presence. Screens read its refs and call its functions; frames come in through `live.ts`.

import { computed, inject, ref, shallowReactive, shallowRef, type InjectionKey } from 'vue'
import { AgentSocket, new_client_id, Outbox, Timeline, unread, type LinkState, type Pending } from '@switchboard/core'
import type { ComposerAdvice, Conversation, Entry, Id, Member, MentionedFrame, ReadState, Session } from '@switchboard/protocol'
import { api } from '../api'
import { server_now } from '../session'
import { group_choice, storage } from '../settings'
import { DraftSync } from './draft_sync'
import { Lists } from './lists'
import { connect } from './live'

export interface Typing {
  kind: 'user' | 'contact'
  id: Id
  name: string
}

export interface Log {
  conversation_id: Id
  lines: Timeline['lines']
  more: boolean
  status: 'loading' | 'ready' | 'error' | 'missing'
  /** Set for one update when older entries were put in front. */
  prepended: boolean
}

const TIMELINE_PAGE = 50
/** Logs kept for going back without a request; frames keep them current. */
const KEPT_LOGS = 20

export class Workspace {
  readonly user
  readonly lists: Lists
  readonly link = shallowRef<LinkState>('off')
  /** The connection was there before: what is missing is a reconnection, not a first one. */
  readonly was_live = ref(false)
  readonly open_id = ref<Id | null>(null)
  readonly log = shallowRef<Log | null>(null)
  readonly outbox_version = ref(0)
  readonly typing = shallowReactive(new Map<Id, Typing>())
  readonly viewing = shallowReactive(new Map<Id, { id: Id; name: string }[]>())
  /** Newest incoming message of the open conversation, for the screen reader's live region. */
  readonly announced = ref('')
  /** Somebody named us in a private note. */
  readonly mentioned = shallowRef<MentionedFrame | null>(null)
  /** A message to be shown in its log: a search found it. */
  readonly aim = shallowRef<{ conversation_id: Id; seq: number } | null>(null)
  readonly now = ref(server_now())
  /** What the server says about replying, by conversation; read with the conversation. */
  readonly advice = shallowReactive(new Map<Id, ComposerAdvice>())
  /** Those a conversation of the group can be assigned to. */
  readonly members = shallowRef<Member[]>([])

  readonly outbox: Outbox
  readonly drafts: DraftSync
  readonly socket: AgentSocket
  readonly timelines = new Map<Id, Timeline>()

  /** Rows as last shown; reading it inside `computed` follows every flush. */
  readonly open_row = computed(() => {
    void this.lists.views.value
    return this.open_id.value ? this.lists.rows.get(this.open_id.value) : undefined
  })
  readonly pending = computed(() => {
    void this.outbox_version.value
    return this.open_id.value ? this.outbox.of(this.open_id.value) : []
  })
  readonly waiting_to_send = computed(() => (void this.outbox_version.value, this.outbox.size))

  private keep_unread: Id | null = null
  private advice_timer: ReturnType<typeof setTimeout> | null = null
  private log_scheduled = false
  private clock: ReturnType<typeof setInterval>
  private stopped = false

  constructor(readonly session: Session) {
    this.user = session.user
    const chosen = session.groups.find((group) => group.id === group_choice.get()) ?? session.groups[0]
    this.lists = new Lists(chosen?.id ?? '', this.user.id)
    this.drafts = new DraftSync(storage, this.user.id)
    this.outbox = new Outbox(storage, this.user.id, (item) => this.transmit(item), () => this.outbox_version.value++, (run, ms) => setTimeout(run, ms))
    this.socket = connect(this)
    this.clock = setInterval(() => (this.now.value = server_now()), 15_000)
  }

  /** Lists are read once the socket listens, so that nothing falls in between; without one they are read anyway. */
  start(): void {
    this.socket.start()
    setTimeout(() => {
      if (this.lists.states.team.status === 'idle' && !this.stopped) void this.load_all().catch(() => undefined)
    }, 2_500)
  }

  stop(): void {
    this.stopped = true
    clearInterval(this.clock)
    this.socket.stop()
  }

  /** What this user may do, by the server's word: in the whole business or in the group on the screen. */
  may(operation: string): boolean {
    const group = this.session.groups.find((one) => one.id === this.lists.group_id.value)
    return [...(this.session.permissions ?? []), ...(group?.permissions ?? [])].includes(operation)
  }

  /** Reads everything on the screen again. */
  async load_all(): Promise<void> {
    await this.lists.load_all(() => !this.stopped)
    if (this.stopped) return
    const open = this.open_id.value
    for (const id of [...this.timelines.keys()]) if (id !== open) this.timelines.delete(id)
    this.outbox.forget_accepted()
    if (open) await this.load_open(open, true)
  }

  async choose_group(id: Id): Promise<void> {
    if (id === this.lists.group_id.value) return
    group_choice.set(id)
    this.lists.choose_group(id)
    this.members.value = []
    await this.load_all().catch(() => undefined)
  }

  async load_members(): Promise<void> {
    const group_id = this.lists.group_id.value
    if (!group_id) return
    const { users } = await api.members(group_id)
    if (group_id === this.lists.group_id.value) this.members.value = users
  }

  // --- the open conversation ------------------------------------------------

  async open(id: Id | null): Promise<void> {
    if (this.open_id.value === id) return
    this.open_id.value = id
    this.keep_unread = null
    this.announced.value = ''
    this.log.value = null
    this.tell_viewing()
    if (!id) return
    this.lists.assigned.delete(id)
    void this.drafts.fetch(id)
    await this.load_open(id, false)
  }

  async load_open(id: Id, again: boolean): Promise<void> {
    const kept = this.timelines.get(id)
    if (kept?.loaded && !again) {
      this.timelines.delete(id)
      this.timelines.set(id, kept)
      this.show_log('ready')
      this.mark_read()
      this.refresh_advice(id)
      return
    }
    const timeline = kept ?? new Timeline(id)
    this.timelines.set(id, timeline)
    if (!timeline.loaded) this.show_log('loading')
    try {
      const [listed, page] = await Promise.all([api.conversation(id), api.timeline(id, TIMELINE_PAGE)])
      this.take(listed)
      timeline.load(page.entries, page.meta.more)
      page.entries.forEach((entry) => this.confirm_sent(entry))
      if (this.open_id.value !== id) return
      this.show_log('ready')
      this.mark_read()
    } catch (error) {
      if (this.open_id.value !== id || timeline.loaded) return
      this.timelines.delete(id)
      const missing = (error as { status?: number }).status === 404
      this.show_log(missing ? 'missing' : 'error')
    }
    this.drop_old_logs()
  }

  async load_older(limit = 100): Promise<void> {
    const id = this.open_id.value
    const timeline = id ? this.timelines.get(id) : undefined
    if (!id || !timeline?.loaded || !timeline.more || timeline.oldest === null) return
    const page = await api.timeline(id, limit, timeline.oldest)
    timeline.prepend(page.entries, page.meta.more)
    if (this.open_id.value === id) this.show_log('ready', true)
  }

  /** Shows a change of the open log in the next frame. */
  touch_log(): void {
    if (this.log_scheduled) return
    this.log_scheduled = true
    requestAnimationFrame(() => {
      this.log_scheduled = false
      if (this.log.value?.status === 'ready') this.show_log('ready')
    })
  }

  private show_log(status: Log['status'], prepended = false): void {
    const id = this.open_id.value
    if (!id) return
    const timeline = this.timelines.get(id)
    this.log.value = {
      conversation_id: id,
      lines: timeline?.lines ?? [],
      more: timeline?.more ?? false,
      status,
      prepended,
    }
  }

  private drop_old_logs(): void {
    for (const id of this.timelines.keys()) {
      if (this.timelines.size <= KEPT_LOGS) return
      if (id !== this.open_id.value) this.timelines.delete(id)
    }
  }

  private take({ composer, ...listed }: Awaited<ReturnType<typeof api.conversation>>): void {
    this.lists.rows.put(listed)
    if (composer) this.advice.set(listed.conversation.id, composer)
  }

  /** Asks again whether one may write; several reasons at once cost one question. */
  refresh_advice(id: Id): void {
    if (id !== this.open_id.value || this.advice_timer !== null) return
    this.advice_timer = setTimeout(() => {
      this.advice_timer = null
      if (this.open_id.value) void this.refresh_row(this.open_id.value)
    }, 150)
  }

  confirm_sent(entry: Entry): void {
    if (entry.t === 'message.created' && entry.d.message.client_id) this.outbox.confirm(entry.d.message.client_id)
  }

  // --- read state and presence ----------------------------------------------

  /** Marks the open conversation read if somebody is looking at it. */
  mark_read(): void {
    const id = this.open_id.value
    const row = id ? this.lists.rows.get(id) : undefined
    if (!id || !row || this.keep_unread === id || unread(row) === 0) return
    if (document.visibilityState !== 'visible' || !document.hasFocus()) return
    const { seq, inbound_count } = row.conversation
    this.lists.rows.set_read(id, { last_read_seq: seq, read_inbound_count: inbound_count, forced_unread: false })
    this.socket
      .request({ t: 'read.mark', conversation_id: id, upto: seq })
      .then((read) => this.lists.rows.set_read(id, read as unknown as ReadState))
      .catch(() => api.mark_read(id, seq).then(({ read }) => this.lists.rows.set_read(id, read)))
      .catch(() => undefined)
  }

  async mark_unread(id: Id): Promise<void> {
    this.keep_unread = id
    const { read } = await api.mark_unread(id)
    this.lists.rows.set_read(id, read)
  }

  tell_viewing(): void {
    const seen = document.visibilityState === 'visible' ? this.open_id.value : null
    this.socket?.tell({ t: 'viewing', conversation_id: seen })
  }

  // --- actions ---------------------------------------------------------------

  /** Runs a command and shows the row it answers with at once; its frame is then recognised as old. */
  async act(command: Promise<{ conversation: Conversation }>): Promise<void> {
    const { conversation } = await command
    this.lists.rows.apply(conversation)
    this.lists.refresh_counts()
    this.refresh_advice(conversation.id)
  }

  /** A refused command usually means that our row is old. */
  async refresh_row(id: Id): Promise<void> {
    try {
      this.take(await api.conversation(id))
    } catch {
      // The next frame brings it.
    }
  }

  send(conversation_id: Id, message: Pick<Pending, 'text' | 'media' | 'channel_id' | 'expected_seq' | 'note'>): void {
    this.outbox.add({ ...message, client_id: new_client_id(), conversation_id, at: new Date(server_now()).toISOString() })
  }

  private transmit(item: Pending): Promise<unknown> {
    const { conversation_id, client_id, text, note, channel_id, expected_seq } = item
    if (note) return api.note(conversation_id, client_id, text, note.mentions)
    const media_ids = item.media.map((one) => one.id)
    return this.socket.request({
      t: 'message.send',
      conversation_id,
      client_id,
      ...(text ? { text } : {}),
      ...(media_ids.length ? { media_ids } : {}),
      ...(channel_id ? { channel_id } : {}),
      ...(expected_seq !== undefined ? { expected_seq } : {}),
    })
  }
}

export const WORKSPACE: InjectionKey<Workspace> = Symbol('workspace')

export function useWorkspace(): Workspace {
  const workspace = inject(WORKSPACE)
  if (!workspace) throw new Error('the inbox is not open')
  return workspace
}
