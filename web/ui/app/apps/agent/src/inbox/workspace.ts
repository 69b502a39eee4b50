// Everything the inbox screens share while somebody is signed in: the socket, the rows, the open conversation's log,
// the outbox, presence. Screens read its refs and call its functions; frames come in through `live.ts`.

import { computed, inject, ref, shallowReactive, shallowRef, type InjectionKey } from 'vue'
import {
  AgentSocket,
  Drafts,
  new_client_id,
  Outbox,
  RowStore,
  Timeline,
  unread,
  type LinkState,
  type Row,
} from '@switchboard/core'
import type { Conversation, Counts, Entry, Id, Media, ReadState, Session, View } from '@switchboard/protocol'
import { api } from '../api'
import { server_now } from '../session'
import { group_choice, storage } from '../settings'
import { connect } from './live'

export interface ListState {
  status: 'idle' | 'loading' | 'ready' | 'error'
  next: string | null
  loading_more: boolean
}

export interface Log {
  conversation_id: Id
  lines: Timeline['lines']
  more: boolean
  status: 'loading' | 'ready' | 'error' | 'missing'
  /** Set for one update when older entries were put in front. */
  prepended: boolean
}

const PAGE = 50
const TIMELINE_PAGE = 50
/** Logs kept for going back without a request; frames keep them current. */
const KEPT_LOGS = 20

export class Workspace {
  readonly user
  readonly group_id = ref('')
  /** The view on the screen. */
  readonly view = ref<View>('team')
  readonly link = shallowRef<LinkState>('off')
  /** The connection was there before: what is missing is a reconnection, not a first one. */
  readonly was_live = ref(false)
  readonly views = shallowRef<Record<View, Row[]>>({ team: [], mine: [], unassigned: [], closed: [] })
  readonly lists = shallowReactive<Record<View, ListState>>({
    team: idle(),
    mine: idle(),
    unassigned: idle(),
    closed: idle(),
  })
  readonly counts = shallowRef<Counts | null>(null)
  readonly open_id = ref<Id | null>(null)
  readonly log = shallowRef<Log | null>(null)
  readonly outbox_version = ref(0)
  readonly typing = shallowReactive(new Map<Id, { name: string }>())
  readonly viewing = shallowReactive(new Map<Id, { id: Id; name: string }[]>())
  /** Newest incoming message of the open conversation, for the screen reader's live region. */
  readonly announced = ref('')
  readonly now = ref(server_now())

  readonly rows: RowStore
  readonly outbox: Outbox
  readonly drafts: Drafts
  readonly socket: AgentSocket
  readonly timelines = new Map<Id, Timeline>()

  /** Rows as last shown; reading it inside `computed` follows every flush. */
  readonly open_row = computed(() => {
    void this.views.value
    return this.open_id.value ? this.rows.get(this.open_id.value) : undefined
  })
  readonly unread_count = computed(() => {
    const { mine, unassigned } = this.views.value
    return [...mine, ...unassigned].filter((row) => unread(row) > 0).length
  })
  readonly pending = computed(() => {
    void this.outbox_version.value
    return this.open_id.value ? this.outbox.of(this.open_id.value) : []
  })
  readonly waiting_to_send = computed(() => (void this.outbox_version.value, this.outbox.size))

  private keep_unread: Id | null = null
  private counts_timer: ReturnType<typeof setTimeout> | null = null
  private log_scheduled = false
  private clock: ReturnType<typeof setInterval>
  private stopped = false

  constructor(readonly session: Session) {
    this.user = session.user
    const chosen = session.groups.find((group) => group.id === group_choice.get()) ?? session.groups[0]
    this.group_id.value = chosen?.id ?? ''
    this.rows = new RowStore(this.scope, (views) => (this.views.value = views))
    this.drafts = new Drafts(storage, this.user.id)
    this.outbox = new Outbox(
      storage,
      this.user.id,
      (item) =>
        this.socket.request({
          t: 'message.send',
          conversation_id: item.conversation_id,
          client_id: item.client_id,
          ...(item.text ? { text: item.text } : {}),
          ...(item.media.length ? { media_ids: item.media.map((one) => one.id) } : {}),
        }),
      () => this.outbox_version.value++,
      (run, ms) => setTimeout(run, ms),
    )
    this.socket = connect(this)
    this.clock = setInterval(() => (this.now.value = server_now()), 15_000)
  }

  /** Lists are read once the socket listens, so that nothing falls in between; without one they are read anyway. */
  start(): void {
    this.socket.start()
    setTimeout(() => {
      if (this.lists.team.status === 'idle' && !this.stopped) void this.load_all().catch(() => undefined)
    }, 2_500)
  }

  stop(): void {
    this.stopped = true
    clearInterval(this.clock)
    this.socket.stop()
  }

  private get scope() {
    return { group_id: this.group_id.value, user_id: this.user.id }
  }

  // --- lists ----------------------------------------------------------------

  /** Reads every list that is on a screen again; called at the start and when the server cannot replay. */
  async load_all(): Promise<void> {
    const wanted = (Object.keys(this.lists) as View[]).filter(
      (view) => view !== 'closed' || view === this.view.value || this.lists[view].status !== 'idle',
    )
    const held = this.views.value
    const group_id = this.group_id.value
    if (!group_id) {
      for (const view of wanted) this.set_list(view, { status: 'ready', next: null })
      return
    }
    this.rows.restart(this.scope)
    for (const view of wanted) {
      if (this.lists[view].status !== 'ready') this.set_list(view, { status: 'loading' })
    }
    try {
      const pages = await Promise.all(
        wanted.map((view) => api.list(view, group_id, Math.min(200, Math.max(PAGE, held[view].length)))),
      )
      if (this.stopped || group_id !== this.group_id.value) return
      pages.forEach((page, at) => {
        page.conversations.forEach((listed) => this.rows.put(listed))
        this.set_list(wanted[at]!, { status: 'ready', next: page.meta.next ?? null })
      })
    } catch (error) {
      for (const view of wanted) {
        if (this.lists[view].status !== 'ready') this.set_list(view, { status: 'error' })
      }
      this.rows.release()
      throw error
    }
    this.rows.release()
    this.refresh_counts()
    const open = this.open_id.value
    for (const id of [...this.timelines.keys()]) if (id !== open) this.timelines.delete(id)
    this.outbox.forget_accepted()
    if (open) await this.load_open(open, true)
  }

  /** The first page of one list (the closed one is read when it is looked at). */
  async load_list(view: View): Promise<void> {
    if (this.lists[view].status === 'loading') return
    if (!this.group_id.value) return this.set_list(view, { status: 'ready' })
    this.set_list(view, { status: 'loading' })
    try {
      const page = await api.list(view, this.group_id.value, PAGE)
      page.conversations.forEach((listed) => this.rows.put(listed))
      this.set_list(view, { status: 'ready', next: page.meta.next ?? null })
      this.rows.touch()
    } catch {
      this.set_list(view, { status: 'error' })
    }
  }

  async load_more(view: View): Promise<void> {
    const list = this.lists[view]
    if (!list.next || list.loading_more || list.status !== 'ready') return
    this.set_list(view, { loading_more: true })
    try {
      const page = await api.list(view, this.group_id.value, 100, list.next)
      page.conversations.forEach((listed) => this.rows.put(listed))
      this.set_list(view, { next: page.meta.next ?? null, loading_more: false })
    } catch {
      // Scrolling again tries again.
      this.set_list(view, { loading_more: false })
    }
  }

  async choose_group(id: Id): Promise<void> {
    if (id === this.group_id.value) return
    group_choice.set(id)
    this.group_id.value = id
    this.counts.value = null
    for (const view of Object.keys(this.lists) as View[]) this.lists[view] = idle()
    await this.load_all().catch(() => undefined)
  }

  refresh_counts(): void {
    if (this.counts_timer !== null) return
    this.counts_timer = setTimeout(async () => {
      this.counts_timer = null
      const group_id = this.group_id.value
      try {
        const { counts } = await api.counts(group_id)
        if (group_id === this.group_id.value) this.counts.value = counts
      } catch {
        // Numbers beside the menu can wait for the next change.
      }
    }, 250)
  }

  private set_list(view: View, change: Partial<ListState>): void {
    this.lists[view] = { ...this.lists[view], ...change }
  }

  // --- the open conversation ------------------------------------------------

  async open(id: Id | null): Promise<void> {
    if (this.open_id.value === id) return
    this.open_id.value = id
    this.keep_unread = null
    this.announced.value = ''
    this.log.value = null
    this.tell_viewing()
    if (id) await this.load_open(id, false)
  }

  async load_open(id: Id, again: boolean): Promise<void> {
    const kept = this.timelines.get(id)
    if (kept?.loaded && !again) {
      this.timelines.delete(id)
      this.timelines.set(id, kept)
      this.show_log('ready')
      this.mark_read()
      return
    }
    const timeline = kept ?? new Timeline(id)
    this.timelines.set(id, timeline)
    if (!timeline.loaded) this.show_log('loading')
    try {
      const [listed, page] = await Promise.all([api.conversation(id), api.timeline(id, TIMELINE_PAGE)])
      this.rows.put(listed)
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

  async load_older(): Promise<void> {
    const id = this.open_id.value
    const timeline = id ? this.timelines.get(id) : undefined
    if (!id || !timeline?.loaded || !timeline.more || timeline.oldest === null) return
    const page = await api.timeline(id, 100, timeline.oldest)
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

  confirm_sent(entry: Entry): void {
    if (entry.t === 'message.created' && entry.d.message.client_id) this.outbox.confirm(entry.d.message.client_id)
  }

  // --- read state and presence ----------------------------------------------

  /** Marks the open conversation read if somebody is looking at it. */
  mark_read(): void {
    const id = this.open_id.value
    const row = id ? this.rows.get(id) : undefined
    if (!id || !row || this.keep_unread === id || unread(row) === 0) return
    if (document.visibilityState !== 'visible' || !document.hasFocus()) return
    const { seq, inbound_count } = row.conversation
    this.rows.set_read(id, { last_read_seq: seq, read_inbound_count: inbound_count, forced_unread: false })
    this.socket
      .request({ t: 'read.mark', conversation_id: id, upto: seq })
      .then((read) => this.rows.set_read(id, read as unknown as ReadState))
      .catch(() => api.mark_read(id, seq).then(({ read }) => this.rows.set_read(id, read)))
      .catch(() => undefined)
  }

  async mark_unread(id: Id): Promise<void> {
    this.keep_unread = id
    const { read } = await api.mark_unread(id)
    this.rows.set_read(id, read)
  }

  tell_viewing(): void {
    const seen = document.visibilityState === 'visible' ? this.open_id.value : null
    this.socket?.tell({ t: 'viewing', conversation_id: seen })
  }

  // --- actions ---------------------------------------------------------------

  /** Runs a command and shows the row it answers with at once; its frame is then recognised as old. */
  async act(command: Promise<{ conversation: Conversation }>): Promise<void> {
    const { conversation } = await command
    this.rows.apply(conversation)
    this.refresh_counts()
  }

  /** A refused command usually means that our row is old. */
  async refresh_row(id: Id): Promise<void> {
    try {
      this.rows.put(await api.conversation(id))
    } catch {
      // The next frame brings it.
    }
  }

  send(conversation_id: Id, text: string, media: Media[]): void {
    this.outbox.add({
      client_id: new_client_id(),
      conversation_id,
      text,
      media,
      at: new Date(server_now()).toISOString(),
    })
  }
}

function idle(): ListState {
  return { status: 'idle', next: null, loading_more: false }
}

export const WORKSPACE: InjectionKey<Workspace> = Symbol('workspace')

export function useWorkspace(): Workspace {
  const workspace = inject(WORKSPACE)
  if (!workspace) throw new Error('the inbox is not open')
  return workspace
}
