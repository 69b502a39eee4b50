// Files attached to a reply that is being written: uploaded at once, kept per conversation while the page lives.

import { shallowReactive } from 'vue'
import { error_text } from '@switchboard/i18n'
import type { Id, Media } from '@switchboard/protocol'
import { ApiError, upload, type Upload } from '../api'

export interface Attachment {
  key: number
  /** Only its name and size when it is on the server already. */
  file: Pick<File, 'name' | 'size'>
  share: number
  status: 'uploading' | 'ready' | 'failed'
  problem: string
  /** Whether the same file may go through another time: a refused type or size never will. */
  again: boolean
  media: Media | null
}

const FINAL = new Set(['media_too_large', 'media_type_unsupported'])
const by_conversation = new Map<Id, Map<number, Attachment>>()
const running = new Map<number, Upload>()
let next_key = 1

/** The attachments of a conversation; the map is reactive, its values are replaced and never changed. */
export function attachments_of(conversation_id: Id): Map<number, Attachment> {
  let list = by_conversation.get(conversation_id)
  if (!list) by_conversation.set(conversation_id, (list = shallowReactive(new Map<number, Attachment>())))
  return list
}

export function attach(conversation_id: Id, files: Iterable<File>): void {
  const list = attachments_of(conversation_id)
  for (const file of files) {
    const key = next_key++
    list.set(key, { key, file, share: 0, status: 'uploading', problem: '', again: false, media: null })
    void start(list, key)
  }
}

/** Files that are on the server already: those of a saved reply. */
export function attach_media(conversation_id: Id, media: readonly Media[]): void {
  const list = attachments_of(conversation_id)
  for (const one of media) {
    const key = next_key++
    const file = { name: one.file_name ?? one.kind, size: one.size ?? 0 }
    list.set(key, { key, file, share: 1, status: 'ready', problem: '', again: false, media: one })
  }
}

export function retry(conversation_id: Id, key: number): void {
  const list = attachments_of(conversation_id)
  change(list, key, { status: 'uploading', share: 0, problem: '' })
  void start(list, key)
}

export function detach(conversation_id: Id, key: number): void {
  running.get(key)?.abort()
  attachments_of(conversation_id).delete(key)
}

async function start(list: Map<number, Attachment>, key: number): Promise<void> {
  const held = list.get(key)
  if (!(held?.file instanceof File)) return
  const transfer = upload(held.file, (share) => change(list, key, { share }))
  running.set(key, transfer)
  try {
    change(list, key, { status: 'ready', share: 1, media: await transfer.done })
  } catch (error) {
    const { code, detail } = error instanceof ApiError ? error : { code: 'internal', detail: '' }
    change(list, key, { status: 'failed', problem: error_text(code, detail), again: !FINAL.has(code) })
  } finally {
    running.delete(key)
  }
}

function change(list: Map<number, Attachment>, key: number, what: Partial<Attachment>): void {
  const held = list.get(key)
  if (held) list.set(key, { ...held, ...what })
}
