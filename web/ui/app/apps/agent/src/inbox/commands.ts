// What one can do with a conversation, in one place for buttons, menus and keys: who may, and what is said afterwards.

import { computed, ref, type Ref } from 'vue'
import type { Row } from '@switchboard/core'
import { t } from '@switchboard/i18n'
import type { Conversation, Id } from '@switchboard/protocol'
import { api } from '../api'
import { useNotify } from '../notify'
import type { Workspace } from './workspace'

export function useCommands(workspace: Workspace, row: Ref<Row | undefined>) {
  const notify = useNotify()
  const busy = ref<'attend' | 'close' | 'reopen' | null>(null)

  const conversation = computed(() => row.value?.conversation)
  const is_open = computed(() => conversation.value?.status === 'open')
  const mine = computed(() => conversation.value?.assignees.some((a) => a.user_id === workspace.user.id) ?? false)
  const may = computed(() => ({
    attend: is_open.value && conversation.value?.assignees.length === 0,
    assign: is_open.value,
    close: is_open.value && (mine.value || workspace.user.role === 'admin'),
    reopen: conversation.value?.status === 'closed',
  }))

  async function run(
    name: 'attend' | 'close' | 'reopen',
    call: (id: Id) => Promise<{ conversation: Conversation }>,
    said: string,
    undo?: (id: Id) => Promise<{ conversation: Conversation }>,
  ): Promise<boolean> {
    const id = conversation.value?.id
    if (!id || busy.value) return false
    busy.value = name
    try {
      await workspace.act(call(id))
      notify.done(
        said,
        undo && (() => void workspace.act(undo(id)).catch((error: unknown) => notify.failed(error))),
      )
      return true
    } catch (error) {
      notify.failed(error)
      void workspace.refresh_row(id)
      return false
    } finally {
      busy.value = null
    }
  }

  return {
    busy,
    may,
    mine,
    attend: () => run('attend', api.attend, t.toast.attended),
    close: () => run('close', api.close, t.toast.closed, api.reopen),
    reopen: () => run('reopen', api.reopen, t.toast.reopened),
    async mark_unread() {
      const id = conversation.value?.id
      if (!id) return
      try {
        await workspace.mark_unread(id)
        notify.done(t.toast.unread)
      } catch (error) {
        notify.failed(error)
      }
    },
    async assign(user_ids: Id[]): Promise<boolean> {
      const id = conversation.value?.id
      if (!id) return false
      try {
        await workspace.act(user_ids.length ? api.assign(id, user_ids) : api.unassign(id))
        notify.done(t.toast.assigned)
        return true
      } catch (error) {
        notify.failed(error)
        void workspace.refresh_row(id)
        return false
      }
    },
  }
}

export type Commands = ReturnType<typeof useCommands>
