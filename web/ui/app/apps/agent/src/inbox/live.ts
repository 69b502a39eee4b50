// Connects the workspace to the agents' socket: which frame changes what.

import { AgentSocket, Backoff, type SocketLike } from '@switchboard/core'
import type { Conversation, Entry, EntryFrame, Id, Message, ServerFrame } from '@switchboard/protocol'
import { load_session, server_now, session, set_server_time, was_signed_out } from '../session'
import type { Typing, Workspace } from './workspace'

export function connect(workspace: Workspace): AgentSocket {
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/agent`
  return new AgentSocket(() => new WebSocket(url) as unknown as SocketLike, {
    frame: (frame) => receive(workspace, frame),
    state: (state) => {
      workspace.link.value = state
      workspace.outbox.set_online(state === 'live')
      if (state === 'live') {
        workspace.was_live.value = true
        workspace.tell_viewing()
        workspace.mark_read()
      }
    },
    resync: (hello) => {
      set_server_time(hello.server_time)
      return load_until_done(workspace)
    },
    signed_out,
    refused: () => {
      // The browser hides why a handshake failed; a lost session is the one reason that waiting does not cure.
      void load_session()
        .then((found) => {
          if (!found) signed_out()
        })
        .catch(() => undefined)
    },
  })
}

function signed_out(): void {
  was_signed_out.value = true
  session.value = null
}

async function load_until_done(workspace: Workspace): Promise<void> {
  const backoff = new Backoff({ first_ms: 1_000 })
  for (;;) {
    try {
      return await workspace.load_all()
    } catch {
      if (workspace.link.value === 'off') return
      await new Promise((resume) => setTimeout(resume, 300 + backoff.next()))
    }
  }
}

function receive(workspace: Workspace, frame: ServerFrame): void {
  switch (frame.t) {
    case 'typing': {
      const { who, until } = frame.d
      if (who.kind === 'user' && who.id === workspace.user.id) return
      show_typing(workspace, frame.conversation_id, { kind: who.kind, id: who.id, name: who.name }, Date.parse(until))
      return
    }
    case 'presence.viewing':
      workspace.viewing.set(
        frame.conversation_id,
        frame.d.users.filter((user) => user.id !== workspace.user.id),
      )
      return
    case 'conversation.read_state':
      workspace.lists.rows.set_read(frame.conversation_id, frame.d)
      return
    case 'read.batch':
      for (const { conversation_id, ...read } of frame.d.states) workspace.lists.rows.set_read(conversation_id, read)
      return
    case 'draft.changed':
      workspace.drafts.take(frame.conversation_id, frame.d.draft, frame.d.tab)
      return
    case 'presence.user':
      workspace.members.value = workspace.members.value.map((user) =>
        user.id === frame.d.user_id ? { ...user, online: frame.d.online } : user,
      )
      return
    case 'note.mentioned':
      workspace.mentioned.value = frame
      return
    case 'counts.updated':
      if (frame.d.group_id === workspace.lists.group_id.value) {
        workspace.lists.counts.value = { ...workspace.lists.counts.value, ...frame.d.counts }
      }
      return
    case 'window.changed':
      workspace.refresh_advice(frame.conversation_id)
      break
  }
  if ('seq' in frame && 'conversation_id' in frame) entry(workspace, frame)
}

/** Typing ends by a message or by time; a second of grace covers the way here. */
function show_typing(workspace: Workspace, conversation_id: string, shown: Typing, until: number): void {
  workspace.typing.set(conversation_id, shown)
  const left = Math.min(10_000, Math.max(0, until - server_now()) + 1_000)
  setTimeout(() => {
    if (workspace.typing.get(conversation_id) === shown) workspace.typing.delete(conversation_id)
  }, left)
}

/** Who has just said it writes no longer. */
function end_typing(workspace: Workspace, { conversation_id, direction, sender }: Message): void {
  const typing = workspace.typing.get(conversation_id)
  const said = typing?.kind === 'contact' ? direction === 'in' : sender.kind === 'user' && sender.id === typing?.id
  if (said) workspace.typing.delete(conversation_id)
}

/** Whether a new row may mean that other rules hold for the reply box. */
function may_change_reply(before: Conversation, row: Conversation): boolean {
  return (
    before.inbound_count !== row.inbound_count ||
    before.status !== row.status ||
    before.channel?.id !== row.channel?.id ||
    before.window.state !== row.window.state
  )
}

/** What somebody else gave us counts in the tab until we look at it. */
function note_assignment(workspace: Workspace, { conversation_id, d }: Extract<EntryFrame, { t: 'conversation.assigned' }>): void {
  const me = workspace.user.id
  const had = d.from.some((one) => one.user_id === me)
  const has = d.to.some((one) => one.user_id === me)
  if (!has) workspace.lists.assigned.delete(conversation_id)
  else if (!had && d.by.id !== me && workspace.open_id.value !== conversation_id) workspace.lists.assigned.add(conversation_id)
}

/** Its log could not be read while it was deleted. */
async function restored(workspace: Workspace, id: Id): Promise<void> {
  if (workspace.open_id.value === id) await workspace.load_open(id, true)
  else await workspace.refresh_row(id)
}

function entry(workspace: Workspace, frame: EntryFrame): void {
  const { row, conversation_id } = frame
  const before = workspace.lists.rows.get(conversation_id)?.conversation
  if (row) workspace.lists.rows.apply(row)
  else if (before && frame.t === 'conversation.deleted') {
    workspace.lists.rows.apply({ ...before, seq: frame.seq, status: 'deleted', deleted_at: frame.at })
  }
  // Nothing was heard of it while it was deleted.
  if (frame.t === 'conversation.restored') void restored(workspace, conversation_id)
  if (frame.t.startsWith('conversation.') || frame.t === 'message.created') workspace.lists.refresh_counts()
  if (row && before && may_change_reply(before, row)) workspace.refresh_advice(conversation_id)
  if (frame.t === 'message.created') end_typing(workspace, frame.d.message)
  if (frame.t === 'conversation.assigned') note_assignment(workspace, frame)
  const changed = workspace.timelines.get(conversation_id)?.apply(frame as Entry) ?? false
  workspace.confirm_sent(frame)
  if (conversation_id !== workspace.open_id.value || !changed) return
  workspace.touch_log()
  if (frame.t !== 'message.created' || frame.d.message.direction !== 'in') return
  const { sender, text } = frame.d.message
  workspace.announced.value = `${sender.name}: ${text ?? ''}`
  workspace.mark_read()
}
