// What somebody began to write, kept per conversation and user until it is sent or emptied.

import type { Id } from '@switchboard/protocol'
import type { Store } from './storage'

export class Drafts {
  constructor(
    private readonly store: Store,
    private readonly user_id: Id,
  ) {}

  get(conversation_id: Id): string {
    return this.store.get(this.key(conversation_id)) ?? ''
  }

  set(conversation_id: Id, text: string): void {
    if (text) this.store.set(this.key(conversation_id), text)
    else this.store.remove(this.key(conversation_id))
  }

  private key(conversation_id: Id): string {
    return `switchboard.draft.${this.user_id}.${conversation_id}`
  }
}
