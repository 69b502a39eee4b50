// What one can do with a conversation, in one place for buttons, menus, keys and the palette: who may, and what is said afterwards.

import { computed, ref, type Ref } from 'vue'
import type { Row } from '@switchboard/core'
import { t } from '@switchboard/i18n'
import type { Conversation, Id } from '@switchboard/protocol'
import { api, ApiError, download } from '../api'
import { contacts } from '../calls/contacts'
import { short_moment } from '../format'
import { useNotify } from '../notify'
import { server_now } from '../session'
import { confirm } from '../ui/confirm'
import type { Workspace } from './workspace'

type Name = 'attend' | 'close' | 'reopen' | 'join' | 'snooze' | 'wake' | 'remove' | 'restore'
type Call = (id: Id) => Promise<{ conversation: Conversation }>

/** Somebody else's read state, waiting for a yes. */
export interface Marking {
  user_id: Id
  name: string
  unread: boolean
}

/** Administrators and those who see the inboxes of others do what else only assignees do. */
const leads = (workspace: Workspace) => workspace.user.role === 'admin' || workspace.may('see_others_inbox')

export function may_close_it({ status, deleted_at, assignees }: Conversation, workspace: Workspace): boolean {
  return status === 'open' && !deleted_at && (leads(workspace) || assignees.some((one) => one.user_id === workspace.user.id))
}

export function useCommands(workspace: Workspace, row: Ref<Row | undefined>, visit: (id: Id) => void) {
  const notify = useNotify()
  const busy = ref<Name | null>(null)
  /** Set while the closing dialog is asked for; `queued` when messages wait to be sent. */
  const closing = ref<{ queued: number; note: string } | null>(null)
  const marking = ref<Marking | null>(null)

  const conversation = computed(() => row.value?.conversation)
  const deleted = computed(() => !!conversation.value?.deleted_at)
  const is_open = computed(() => conversation.value?.status === 'open' && !deleted.value)
  const mine = computed(() => conversation.value?.assignees.some((a) => a.user_id === workspace.user.id) ?? false)
  const may = computed(() => ({
    attend: is_open.value && conversation.value?.assignees.length === 0,
    assign: is_open.value,
    join: is_open.value && !mine.value && (conversation.value?.assignees.length ?? 0) > 0 && workspace.may('add_assignee'),
    snooze: is_open.value && !conversation.value?.snoozed_until,
    wake: is_open.value && !!conversation.value?.snoozed_until,
    close: !!conversation.value && may_close_it(conversation.value, workspace),
    close_note: !!conversation.value && may_close_it(conversation.value, workspace),
    reopen: conversation.value?.status === 'closed' && !deleted.value,
    export: mine.value || leads(workspace),
    remove: !deleted.value && workspace.may('delete_conversation'),
    restore: deleted.value && workspace.may('delete_conversation'),
    erase: workspace.may('delete_contact'),
  }))
  /** Whose inbox an administrator may change here. */
  const others = computed(() =>
    workspace.may('mark_read_for_other') ? (conversation.value?.assignees.filter((a) => a.user_id !== workspace.user.id) ?? []) : [],
  )

  async function run(name: Name, call: Call, said: string, undo?: Call): Promise<boolean> {
    const id = conversation.value?.id
    if (!id || busy.value) return false
    busy.value = name
    try {
      await workspace.act(call(id))
      notify.done(said, undo && (() => void workspace.act(undo(id)).catch((error: unknown) => notify.failed(error))))
      return true
    } catch (error) {
      const other = error instanceof ApiError && error.code === 'open_conversation_exists' ? error.facts.id : undefined
      notify.failed(error, typeof other === 'string' ? { label: t.fresh.open_it, run: () => visit(other) } : undefined)
      void workspace.refresh_row(id)
      return false
    } finally {
      busy.value = null
    }
  }

  /** Closes at once; asks first when messages still wait to be sent. */
  async function close(note?: string, pending?: 'send' | 'cancel'): Promise<boolean> {
    const id = conversation.value?.id
    if (!id || busy.value) return false
    busy.value = 'close'
    try {
      await workspace.act(api.close(id, note, pending))
      closing.value = null
      notify.done(t.toast.closed, () => void workspace.act(api.reopen(id)).catch((error: unknown) => notify.failed(error)))
      return true
    } catch (error) {
      if (error instanceof ApiError && error.code === 'confirm_required') {
        closing.value = { queued: Number(error.facts.queued ?? 1), note: note ?? '' }
        return false
      }
      notify.failed(error)
      void workspace.refresh_row(id)
      return false
    } finally {
      busy.value = null
    }
  }

  async function said<T>(work: Promise<T>, text: string): Promise<boolean> {
    try {
      await work
      notify.done(text)
      return true
    } catch (error) {
      notify.failed(error)
      return false
    }
  }

  return {
    busy,
    may,
    mine,
    others,
    closing,
    marking,
    close,
    attend: () => run('attend', api.attend, t.toast.attended),
    reopen: () => run('reopen', api.reopen, t.toast.reopened),
    join: () => run('join', (id) => api.add_assignee(id, workspace.user.id), t.toast.joined),
    snooze(until: Date) {
      const when = short_moment(until.toISOString(), server_now())
      return run('snooze', (id) => api.snooze(id, until.toISOString()), t.toast.snoozed(when), api.wake)
    },
    wake: () => run('wake', api.wake, t.toast.woken),
    remove: () => run('remove', api.remove, t.toast.deleted, api.restore),
    restore: () => run('restore', api.restore, t.toast.restored),
    /** Everything about the person goes, in all their conversations; nothing brings it back. */
    async erase(): Promise<void> {
      const contact = conversation.value?.contact
      if (!contact) return
      const sure = await confirm({ title: t.erase.title(contact.name), text: t.erase.text, action: t.erase.action, danger: true })
      if (!sure || !(await said(contacts.erase(contact.id), t.erase.done))) return
      // What this tab holds in memory still has their words.
      location.assign('/inbox/team')
    },
    export: (format: 'txt' | 'pdf') =>
      conversation.value ? said(download(api.transcript_url(conversation.value.id, format, workspace.user.role === 'admin')), t.toast.exported) : Promise.resolve(false),
    mark_unread: () => (conversation.value ? said(workspace.mark_unread(conversation.value.id), t.toast.unread) : Promise.resolve(false)),
    /** The second step of changing somebody else's read state. */
    async confirm_marking(): Promise<void> {
      const [it, wanted] = [conversation.value, marking.value]
      if (!it || !wanted) return
      const mark = wanted.unread ? ({ unread: true } as const) : { upto: it.seq }
      if (await said(api.mark_for(it.id, wanted.user_id, mark, true), t.toast.marked)) marking.value = null
    },
    async assign(user_ids: Id[]): Promise<boolean> {
      const it = conversation.value
      if (!it) return false
      const done = await said(workspace.act(user_ids.length ? api.assign(it.id, user_ids, it.version) : api.unassign(it.id)), t.toast.assigned)
      if (!done) void workspace.refresh_row(it.id)
      return done
    },
  }
}

export type Commands = ReturnType<typeof useCommands>
