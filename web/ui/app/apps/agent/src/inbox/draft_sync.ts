// Drafts on this device and on the server: what one begins in one tab or browser goes on in another.

import { shallowRef } from 'vue'
import { Drafts, new_client_id, type Store } from '@switchboard/core'
import type { Draft, Id } from '@switchboard/protocol'
import { api } from '../api'

const SAVE_MS = 1_000
/** What this tab calls itself, to know its own changes when they come back. */
const TAB = new_client_id()

export class DraftSync {
  /** Set when a draft came from elsewhere: the open reply box takes it over. */
  readonly arrived = shallowRef<{ conversation_id: Id; text: string } | null>(null)
  private readonly local: Drafts
  private readonly timers = new Map<Id, ReturnType<typeof setTimeout>>()

  constructor(store: Store, user_id: Id) {
    this.local = new Drafts(store, user_id)
  }

  get(id: Id): string {
    return this.local.get(id)
  }

  /** A change made here. */
  set(id: Id, text: string): void {
    if (text === this.local.get(id)) return
    this.local.set(id, text)
    clearTimeout(this.timers.get(id))
    this.timers.set(
      id,
      setTimeout(() => {
        this.timers.delete(id)
        // What cannot be saved there is still here.
        void api.save_draft(id, this.local.get(id), TAB).catch(() => undefined)
      }, text ? SAVE_MS : 0),
    )
  }

  /** Notes are kept on this device only. */
  get_note(id: Id): string {
    return this.local.get(`${id}.note`)
  }

  set_note(id: Id, text: string): void {
    this.local.set(`${id}.note`, text)
  }

  /** The server's draft wins only where nothing is being written here. */
  async fetch(id: Id): Promise<void> {
    if (this.local.get(id)) return
    try {
      const { draft } = await api.draft(id)
      if (draft?.text && !this.local.get(id)) this.take(id, draft)
    } catch {
      // Without the server's draft one starts with an empty box.
    }
  }

  /** A change made elsewhere; ours, if one waits to be saved, is newer. */
  take(id: Id, draft: Draft | null, tab?: string | null): void {
    if (tab === TAB) return
    const text = draft?.text ?? ''
    if (this.timers.has(id) || text === this.local.get(id)) return
    this.local.set(id, text)
    this.arrived.value = { conversation_id: id, text }
  }
}
