// The conversation lists: what is loaded of each, the one on the screen with its conditions, and the numbers beside the menu.

import { computed, ref, shallowReactive, shallowRef } from 'vue'
import {
  day_start,
  in_listing,
  is_plain,
  LISTS,
  no_rows,
  RowStore,
  unread,
  type ListKey,
  type Listing,
  type Row,
} from '@switchboard/core'
import type { Counts, Id, View } from '@switchboard/protocol'
import { api } from '../api'

export interface ListState {
  status: 'idle' | 'loading' | 'ready' | 'error'
  next: string | null
  loading_more: boolean
}

type Page = Awaited<ReturnType<typeof api.list>>

const PAGE = 50
/** Read at the start, whatever is on the screen: badge and title count in them. */
const ALWAYS: readonly ListKey[] = ['team', 'mine', 'unassigned']

export class Lists {
  readonly rows: RowStore
  readonly views = shallowRef<Record<ListKey, Row[]>>(no_rows())
  readonly states = shallowReactive(Object.fromEntries(LISTS.map((key) => [key, idle()])) as Record<ListKey, ListState>)
  readonly counts = shallowRef<Counts | null>(null)
  /** What is on the screen. */
  readonly listing = shallowRef<Listing>({ view: 'team' })
  readonly key = computed<ListKey>(() => (is_plain(this.listing.value) ? (this.listing.value.view as View) : 'found'))
  readonly shown = computed(() => this.views.value[this.key.value])
  readonly state = computed(() => this.states[this.key.value])
  /** Chosen with x or the checkboxes, for doing one thing to many. */
  readonly selected = shallowReactive(new Set<Id>())
  /** Assigned to us by somebody else and not looked at yet. */
  readonly assigned = shallowReactive(new Set<Id>())
  /** What the browser's tab counts: unread ones and new assignments, each once. */
  readonly unread_count = computed(() => {
    const { mine, unassigned } = this.views.value
    return [...mine, ...unassigned].filter((row) => unread(row) > 0 || this.assigned.has(row.conversation.id)).length
  })
  readonly group_id = ref('')

  /** Conversations that a search found. */
  private hits = new Set<Id>()
  /** Grows with every question, so that a late answer to an older one is dropped. */
  private question = 0
  private counts_timer: ReturnType<typeof setTimeout> | null = null

  constructor(
    group_id: Id,
    private readonly user_id: Id,
  ) {
    this.group_id.value = group_id
    this.rows = new RowStore(this.scope, (views) => (this.views.value = views))
  }

  private get scope() {
    return { group_id: this.group_id.value, user_id: this.user_id }
  }

  /** Puts a list on the screen. */
  show(listing: Listing): void {
    if (JSON.stringify(listing) === JSON.stringify(this.listing.value)) return
    this.listing.value = listing
    this.selected.clear()
    if (this.key.value === 'found') void this.find()
    else if (this.states[this.key.value].status === 'idle' && this.states.team.status !== 'idle') void this.load(this.key.value)
  }

  /** Somebody's inbox without somebody: there is nothing to ask. */
  private get nobody(): boolean {
    return this.listing.value.view === 'user' && !this.listing.value.user_id
  }

  private async find(): Promise<void> {
    const { listing } = this
    if (this.nobody) {
      this.rows.show_found(null)
      return this.set('found', { status: 'ready', next: null })
    }
    this.hits = new Set()
    this.rows.show_found((one) => in_listing(listing.value, one, this.scope, this.hits))
    await this.load('found')
  }

  /** The first page of one list. */
  async load(key: ListKey): Promise<void> {
    if (this.states[key].status === 'loading' && key !== 'found') return
    if (!this.group_id.value) return this.set(key, { status: 'ready' })
    this.set(key, { status: 'loading', next: null })
    const question = ++this.question
    try {
      const page = await this.page(key, PAGE)
      if (key === 'found' && question !== this.question) return
      this.take(key, page)
      this.settle(key, page)
    } catch {
      if (key !== 'found' || question === this.question) this.set(key, { status: 'error' })
    }
  }

  async load_more(): Promise<void> {
    const key = this.key.value
    const state = this.states[key]
    if (!state.next || state.loading_more || state.status !== 'ready') return
    this.set(key, { loading_more: true })
    const question = this.question
    try {
      const page = await this.page(key, 100, state.next)
      if (key === 'found' && question !== this.question) return
      this.take(key, page)
      this.settle(key, page)
    } finally {
      // After a failure scrolling again tries again.
      this.set(key, { loading_more: false })
    }
  }

  /** Reads every list that was looked at again: at the start, and when the server cannot replay. */
  async load_all(current: () => boolean): Promise<void> {
    const wanted = LISTS.filter((key) => !(key === 'found' && this.nobody)).filter((key) => ALWAYS.includes(key) || key === this.key.value || (key !== 'found' && this.states[key].status !== 'idle'))
    if (this.nobody) this.set('found', { status: 'ready', next: null })
    const held = this.views.value
    const group_id = this.group_id.value
    if (!group_id) {
      for (const key of wanted) this.set(key, { status: 'ready', next: null })
      return
    }
    this.refresh_counts()
    this.rows.restart(this.scope)
    for (const key of wanted) if (this.states[key].status !== 'ready') this.set(key, { status: 'loading' })
    try {
      const pages = await Promise.all(wanted.map((key) => this.page(key, Math.min(200, Math.max(PAGE, held[key].length)))))
      if (!current() || group_id !== this.group_id.value) return
      pages.forEach((page, at) => this.take(wanted[at]!, page))
      this.rows.release()
      pages.forEach((page, at) => this.settle(wanted[at]!, page))
    } catch (error) {
      for (const key of wanted) if (this.states[key].status !== 'ready') this.set(key, { status: 'error' })
      this.rows.release()
      throw error
    }
  }

  choose_group(id: Id): void {
    this.group_id.value = id
    this.counts.value = null
    this.selected.clear()
    this.assigned.clear()
    for (const key of LISTS) this.states[key] = idle()
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

  toggle(id: Id): void {
    if (!this.selected.delete(id)) this.selected.add(id)
  }

  private page(key: ListKey, limit: number, after?: string) {
    const group_id = this.group_id.value
    if (key !== 'found') return api.list({ view: key, group_id, limit, after })
    const { view, from, to, ...filters } = this.listing.value
    const instant = (day: string, later: number) => new Date(day_start(day, later)).toISOString()
    return api.list({
      ...filters,
      view,
      group_id,
      limit,
      after,
      from: from && instant(from, 0),
      to: to && instant(to, 1),
    })
  }

  private take(key: ListKey, page: Page): void {
    if (key === 'found') page.conversations.forEach(({ conversation }) => this.hits.add(conversation.id))
    page.conversations.forEach((listed) => this.rows.put(listed))
    if (key === 'found') this.rows.show_found((one) => in_listing(this.listing.value, one, this.scope, this.hits))
  }

  private settle(key: ListKey, page: Page): void {
    this.rows.show()
    this.set(key, { status: 'ready', next: page.meta.next ?? null })
  }

  private set(key: ListKey, change: Partial<ListState>): void {
    this.states[key] = { ...this.states[key], ...change }
  }
}

function idle(): ListState {
  return { status: 'idle', next: null, loading_more: false }
}
