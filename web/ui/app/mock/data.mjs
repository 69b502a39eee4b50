// The mock's business: made-up conversations, an event log with cursors, and the commands that add to it.

export const PASSWORD = 'switchboard-demo'
const NAMES = ['Jo Marsh', 'Priya Nair', 'Tom Okafor', 'Elena Rossi', 'Sam Whitfield', 'Mei Chen', 'Lars Holm', 'Fatima Zahra', 'Grace Adeyemi', 'Noah Fischer', 'Ines Duarte', 'Owen Price']
const TEXTS = [
  'Hi, is the blue jacket still available in medium?', 'Thanks, that worked!', 'My parcel says delivered but nothing is here.',
  'Can I move my appointment to Thursday afternoon?', 'Great, see you then 👋', 'The invoice shows the old address, could you change it please? We moved to Mill Lane in March.',
  'Do you ship to Ireland?', 'Perfect', 'I tried https://example.com/returns?order=1042, but the form does not accept my order number.', 'Any news?',
]
const MEMBER = ['see_conversation', 'send_message', 'write_note', 'attend', 'assign', 'add_assignee', 'reopen', 'mark_read', 'search', 'pick_template', 'use_presence']

const minutes = (n) => new Date(Date.now() - n * 60_000).toISOString().replace('Z', '456Z')

export class Business {
  constructor({ empty = false, setup = false } = {}) {
    this.needs_setup = setup
    this.users = [
      { id: '1', first_name: 'Ada', last_name: 'Moor', email: 'ada@demo.test', role: 'admin' },
      { id: '2', first_name: 'Ann', last_name: 'Lee', email: 'ann@demo.test', role: 'agent' },
      { id: '3', first_name: 'Bob', last_name: 'Stone', email: 'bob@demo.test', role: 'agent' },
    ]
    const channel = (id, kind, name) => ({ id, kind, provider: 'mock', name, group_id: '1', address: 'x', status: 'connected', webhook_url: null, settings: {} })
    this.channels = empty ? [] : [channel('5', 'whatsapp', 'WhatsApp +44 20 7946 0000'), channel('6', 'sms', 'SMS +44 7700 900000'), channel('7', 'webchat', 'Shop website')]
    this.conversations = new Map()
    this.log = []
    this.next_id = 1000
    if (!empty) for (let n = 0; n < 260; n += 1) this.seed(n)
    this.log = []
  }

  about() {
    const group = (id, name) => ({ id, name, position: Number(id), status: 'active', role: 'agent', permissions: MEMBER })
    return { business: { id: '1', name: 'Harbour Outfitters', country: 'GB', time_zone: 'Europe/London' }, groups: [group('1', 'General'), group('2', 'Wholesale')], demo: true }
  }

  permissions(user) {
    return user.role === 'admin' ? [...MEMBER, 'see_others_inbox', 'bulk_assign', 'delete_conversation', 'mark_read_for_other'] : []
  }

  members() {
    return this.users.map((user, n) => ({ ...user, online: n < 2, open_conversations: [...this.conversations.values()].filter(({ row }) => row.status === 'open' && row.assignees.some((a) => a.user_id === user.id)).length }))
  }

  seed(n) {
    const id = String(100 + n)
    const channel = this.channels[n % 3]
    const at = n * 37 + 2
    const placeholder = n % 5 === 4
    const name = placeholder ? `+4474001${String(23400 + n)}` : `${NAMES[n % NAMES.length]}${n >= NAMES.length ? ` ${Math.floor(n / NAMES.length) + 1}` : ''}`
    const user = [null, this.users[1], this.users[2], null][n % 4]
    const row = {
      id, number: 1000 + n, group_id: '1', status: n % 9 === 8 ? 'closed' : 'open',
      contact: { id: `c${n}`, kind: channel.kind === 'webchat' ? 'guest' : 'contact', name, name_is_placeholder: placeholder, profile_name: placeholder ? 'Jo' : null, phone: channel.kind === 'webchat' ? null : `+44740012${3400 + n}`, email: null },
      channel: { id: channel.id, kind: channel.kind, name: channel.name },
      assignees: user ? [{ user_id: user.id, name: `${user.first_name} ${user.last_name}`, owner: true }] : [],
      last_message: null, window: { state: 'none', expires_at: null }, waiting_since: null, version: 1, snoozed_until: n % 31 === 30 ? minutes(-26 * 60) : null, closing_note: null, deleted_at: null, previous_conversation_id: null, last_activity_at: minutes(at), inbound_count: 0, seq: 0, created_at: minutes(at + 3000),
    }
    if (channel.kind === 'whatsapp') row.window = n % 24 === 9 ? { state: 'closed', expires_at: minutes(60) } : { state: 'open', expires_at: new Date(Date.now() + (n === 0 ? 22.6 : n === 3 ? 0.6 : 3.5) * 3_600_000).toISOString() }
    const held = { row, entries: [], messages: [], by_client: new Map(), read: new Map() }
    this.conversations.set(id, held)
    this.add(held, minutes(at + 3000), 'conversation.created', { channel_id: channel.id })
    // The protocol lets optional values be null: one row has no channel left.
    if (n === 13) row.channel = null
    const total = n === 0 ? 340 : 3 + (n % 14)
    for (let m = total - 1; m >= 0; m -= 1) {
      const when = minutes(at + m * (n === 0 ? 47 : 190))
      const out = user && m % 3 === 1
      this.message(held, out ? { direction: 'out', sender: { kind: 'user', id: user.id, name: `${user.first_name} ${user.last_name}` }, status: 'read' } : {}, TEXTS[(n + m) % TEXTS.length], when)
      if (n === 0 && m === 4) {
        this.message(held, { media: [{ id: 'pic1', kind: 'image', file_name: 'jacket-front.jpg', mime: 'image/jpeg', size: 284_112, state: 'ready' }], kind: 'media' }, 'This one', when)
        this.message(held, { media: [{ id: 'doc1', kind: 'document', file_name: 'Order confirmation 1042 (final version).pdf', mime: 'application/pdf', size: 1_840_223, state: 'ready' }], kind: 'media' }, null, when)
        this.message(held, { direction: 'out', sender: { kind: 'user', id: '2', name: 'Ann Lee' }, status: 'failed', failure: { code: '131026', detail: 'Message undeliverable' } }, 'We will check the stock.', when)
        this.add(held, when, 'conversation.assigned', { by: { kind: 'user', id: '2', name: 'Ann Lee' }, to: row.assignees, from: [], reason: 'attend' })
        this.message(held, { direction: 'internal', kind: 'note', sender: { kind: 'user', id: '3', name: 'Bob Stone' } }, '@Ann Lee she is a wholesale customer, please check the discount.', when)
        this.message(held, { direction: 'out', kind: 'template', sender: { kind: 'user', id: '2', name: 'Ann Lee' }, status: 'delivered', extra: { template: { name: 'welcome', language: 'en_GB', category: 'utility', header: { type: 'text', text: 'Harbour Outfitters' }, footer: 'Reply STOP to opt out', buttons: [{ type: 'quick_reply', text: 'Track my order' }] } } }, 'Hello Jo, thank you for your order.', when)
        this.message(held, { direction: 'out', sender: { kind: 'user', id: '2', name: 'Ann Lee' }, status: 'queued', hold_reason: 'business_hours', release_at: minutes(-1000) }, 'I will ring you as soon as we are open.', when)
        this.add(held, when, 'conversation.unassigned', { by: { kind: 'system', name: 'System' }, from: [{ user_id: '3', name: 'Bob Stone', owner: false }], reason: 'left_group' })
        this.add(held, when, 'conversation.snoozed', { by: { kind: 'user', id: '3', name: 'Bob Stone' }, until: minutes(-60) })
        this.add(held, when, 'conversation.closed', { by: { kind: 'user', id: '2', name: 'Ann Lee' }, note: 'Refund agreed' })
        this.add(held, when, 'conversation.reopened', { by: { kind: 'user', id: '3', name: 'Bob Stone' } })
      }
    }
    for (const user of this.users) held.read.set(user.id, { last_read_seq: row.seq, read_inbound_count: row.inbound_count - (n % 3 === 0 ? 1 + (n % 4) : 0), forced_unread: false })
  }

  /** A conversation that we begin. */
  fresh(channel, contact, user) {
    const at = new Date().toISOString()
    const id = String(100 + this.conversations.size)
    const row = {
      id, number: 1000 + this.conversations.size, group_id: '1', status: 'open', contact: { id: `c${id}`, kind: 'contact', name_is_placeholder: true, ...contact }, channel: { id: channel.id, kind: channel.kind, name: channel.name },
      assignees: [{ user_id: user.id, name: `${user.first_name} ${user.last_name}`, owner: true }], last_message: null, window: { state: channel.kind === 'whatsapp' ? 'closed' : 'none', expires_at: null },
      waiting_since: null, version: 1, snoozed_until: null, deleted_at: null, last_activity_at: at, inbound_count: 0, seq: 0, created_at: at,
    }
    const held = { row, entries: [], messages: [], by_client: new Map(), read: new Map(this.users.map((one) => [one.id, { last_read_seq: 0, read_inbound_count: 0, forced_unread: false }])) }
    this.conversations.set(id, held)
    return held
  }

  add(held, at, t, d) {
    held.row.seq += 1
    const entry = { t, conversation_id: held.row.id, seq: held.row.seq, at, d }
    if (t !== 'message.status' && t !== 'message.media') held.entries.push(entry)
    this.log.push(null)
    const frame = { ...entry, row: structuredClone(held.row), cursor: String(this.log.length) }
    this.log[this.log.length - 1] = frame
    return frame
  }

  message(held, extra, text, at = new Date().toISOString()) {
    const { row } = held
    const message = {
      id: String(this.next_id++), conversation_id: row.id, seq: row.seq + 1, channel_id: row.channel?.id ?? '0', direction: 'in', kind: 'text',
      sender: { kind: 'contact', id: row.contact.id, name: row.contact.name }, text, media: [], client_id: null, status: null, failure: null, at, sent_at: null, delivered_at: null, read_at: null, ...extra,
    }
    if (message.direction === 'in') row.inbound_count += 1
    if (message.direction !== 'internal') row.waiting_since = message.direction === 'in' ? (row.waiting_since ?? at) : null
    row.version += 1
    row.last_activity_at = at
    row.last_message = { preview: text ?? message.media[0]?.file_name ?? '', direction: message.direction, kind: message.kind, status: message.status, at }
    held.messages.push(message)
    if (message.client_id) held.by_client.set(message.client_id, message)
    return { message, frame: this.add(held, at, 'message.created', { message }) }
  }

  incoming(held, text, media = []) {
    const frames = []
    if (held.row.channel?.kind === 'whatsapp') held.row.window = { state: 'open', expires_at: new Date(Date.now() + 86_400_000).toISOString() }
    frames.push(this.message(held, media.length ? { kind: 'media', media } : {}, text).frame)
    return frames
  }

  reply(held, user, { client_id, text }, media) {
    const sender = { kind: 'user', id: user.id, name: `${user.first_name} ${user.last_name}` }
    const { message, frame } = this.message(held, { direction: 'out', sender, client_id, media, kind: media.length ? 'media' : 'text', status: 'queued' }, text ?? null)
    return { message, frames: [frame] }
  }

  status(held, message, status) {
    const at = new Date().toISOString()
    message.status = status
    message[`${status}_at`] = at
    const failure = status === 'failed' ? { code: '131047', detail: 'Re-engagement message' } : null
    message.failure = failure
    if (held.messages.at(-1) === message) held.row.last_message = { ...held.row.last_message, status }
    return [this.add(held, at, 'message.status', { message_id: message.id, status, at, failure })]
  }

  command(held, user, what, user_ids = [], note = null) {
    held.row.version += 1
    const by = { kind: 'user', id: user.id, name: `${user.first_name} ${user.last_name}` }
    const at = new Date().toISOString()
    const from = held.row.assignees
    const people = (ids) => ids.map((id, n) => {
      const one = this.users.find((u) => u.id === id)
      return { user_id: id, name: `${one.first_name} ${one.last_name}`, owner: n === 0 }
    })
    if (what === 'attend' || what === 'assign') {
      held.row.assignees = people(what === 'attend' ? [user.id] : user_ids)
      return [this.add(held, at, 'conversation.assigned', { by, to: held.row.assignees, from, reason: what })]
    }
    if (what === 'unassign') {
      held.row.assignees = []
      return [this.add(held, at, 'conversation.unassigned', { by, from, reason: 'unassign' })]
    }
    if (what === 'close') {
      held.row.status = 'closed'
      return [this.add(held, at, 'conversation.closed', { by, note })]
    }
    if (what === 'snooze') {
      held.row.snoozed_until = note
      return [this.add(held, at, 'conversation.snoozed', { by, until: note })]
    }
    if (what === 'wake') {
      held.row.snoozed_until = null
      return [this.add(held, at, 'conversation.woken', { by, reason: 'user' })]
    }
    if (what === 'delete' || what === 'restore') {
      held.row.deleted_at = what === 'delete' ? at : null
      return [this.add(held, at, `conversation.${what}d`, { by })]
    }
    held.row.status = 'open'
    return [this.add(held, at, 'conversation.reopened', { by })]
  }

  /** What the reply box is told. */
  advice(held) {
    const { row } = held
    const state = held.advice ?? (row.status === 'closed' ? 'closed' : !row.channel ? 'no_channel' : row.window.state === 'closed' ? 'template_only' : 'open')
    const line = (channel, state) => ({ channel_id: channel.id, kind: channel.kind, name: channel.name, address: row.contact.phone ?? '', state, code: null, max_text: channel.kind === 'sms' ? 1600 : channel.kind === 'whatsapp' ? 4096 : 8000, max_files: channel.kind === 'whatsapp' ? 1 : 10 })
    const channels = row.channel ? [line(row.channel, state)] : []
    if (row.channel?.kind === 'whatsapp') channels.push(line(this.channels[1], 'open'))
    return { state, code: null, detail: null, holds_until: held.holds_until ?? null, warnings: [], channels }
  }

  note(held, user, { client_id, text, mentions }) {
    const sender = { kind: 'user', id: user.id, name: `${user.first_name} ${user.last_name}` }
    return this.message(held, { direction: 'internal', kind: 'note', sender, client_id, extra: { mentions } }, text)
  }

  window(held, state) {
    held.row.window = { state, expires_at: new Date(Date.now() + (state === 'closed' ? -1 : 1) * 3_600_000).toISOString() }
    return this.incoming_none(held)
  }

  incoming_none(held) {
    const message = held.messages.findLast((one) => one.direction === 'out') ?? held.messages.at(-1)
    return [this.add(held, new Date().toISOString(), 'message.media', { message_id: message.id, media: { id: 'none' } })]
  }

  mark(held, user_id, { upto, unread }) {
    const before = held.read.get(user_id)
    const read = unread ? { ...before, forced_unread: true } : { last_read_seq: upto, read_inbound_count: held.row.inbound_count, forced_unread: false }
    held.read.set(user_id, read)
    return read
  }

  listed(held, user_id) {
    return { conversation: held.row, read: held.read.get(user_id) }
  }

  in_view(view, row, user_id) {
    if (view === 'deleted') return !!row.deleted_at
    if (row.deleted_at) return false
    if (view === 'all') return true
    if (view === 'closed') return row.status === 'closed'
    if (row.status !== 'open') return false
    if (view === 'snoozed') return !!row.snoozed_until
    if (row.snoozed_until) return false
    const mine = row.assignees.some((a) => a.user_id === user_id)
    if (view === 'sent') return mine && row.inbound_count === 0
    if (view === 'pending') return !!row.waiting_since
    if (view === 'mine') return mine && row.inbound_count > 0
    return view !== 'unassigned' || row.assignees.length === 0
  }

  fits(query, row) {
    const q = (query.get('q') ?? '').toLowerCase().replace(/^#/, '')
    const of = (name) => query.get(name)
    if (q && !row.contact.name.toLowerCase().includes(q) && !String(row.number).includes(q) && !(row.contact.phone ?? '').includes(q.replace(/^0/, ''))) return false
    if (of('channel_id') && row.channel?.id !== of('channel_id')) return false
    if (of('assignee_id') && !row.assignees.some((a) => a.user_id === of('assignee_id'))) return false
    if (of('from') && row.last_activity_at < of('from')) return false
    return !(of('to') && row.last_activity_at >= of('to'))
  }

  list(query, me) {
    const [view, user_id] = query.get('view') === 'user' ? ['mine', query.get('user_id')] : [query.get('view'), me]
    const limit = Number(query.get('limit') ?? 50)
    const after = Number(query.get('after') ?? 0)
    const all = [...this.conversations.values()]
      .filter((held) => held.row.group_id === query.get('group_id') && this.in_view(view, held.row, user_id) && this.fits(query, held.row))
      .sort((a, b) => (a.row.last_activity_at < b.row.last_activity_at ? 1 : -1))
    return { conversations: all.slice(after, after + limit).map((held) => this.listed(held, me)), meta: { next: after + limit < all.length ? String(after + limit) : null } }
  }

  counts(group_id, user_id) {
    const count = (view) => [...this.conversations.values()].filter((held) => held.row.group_id === group_id && this.in_view(view, held.row, user_id)).length
    return Object.fromEntries(['team', 'mine', 'sent', 'unassigned', 'pending', 'snoozed', 'closed', 'all'].map((view) => [view, count(view)]))
  }

  timeline(held, query) {
    const limit = Number(query.get('limit') ?? 50)
    const before = Number(query.get('before') ?? Infinity)
    const entries = held.entries.filter((entry) => entry.seq < before)
    return { entries: entries.slice(-limit), meta: { more: entries.length > limit } }
  }

  cursor() {
    return String(this.log.length)
  }

  since(cursor) {
    const from = Number(cursor)
    return Number.isInteger(from) && from <= this.log.length ? this.log.slice(from) : null
  }

  picture(id) {
    const hue = [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 360
    return `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480"><rect width="640" height="480" fill="hsl(${hue} 40% 80%)"/><circle cx="320" cy="240" r="120" fill="hsl(${hue} 45% 45%)"/></svg>`
  }
}
