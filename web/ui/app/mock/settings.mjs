// The settings and account pages' part of the stand-in: data in memory, the refusals worth looking at.

const day = 86_400_000
const ago = (ms) => new Date(Date.now() - ms).toISOString()
const OPERATIONS = ['open_settings', 'manage_users', 'grant_group_admin', 'manage_groups', 'view_team', 'change_team', 'manage_channels', 'set_up_group', 'manage_templates', 'see_audit']

const user = (id, first_name, last_name, role, more = {}) => ({
  id, first_name, last_name, email: `${first_name.toLowerCase()}@demo.test`, mobile: null, role, status: 'active',
  last_seen_at: ago(id * 3_600_000), groups: [{ group_id: '1', role: 'agent' }], second_factor: id === '1', invitation: null, ...more,
})
const week = () => ({
  inherit: false, time_zone: 'Europe/London', holidays: ['2026-12-25', '2027-01-01'],
  weekly: { ...Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri'].map((one) => [one, [['09:00', '12:30'], ['13:30', '17:30']]])), sat: [], sun: [] },
})
const channel = (id, kind, provider, name, address, health, more = {}) => ({
  id, kind, provider, name, address, group_id: '1', status: 'connected', phone: kind === 'webchat' ? null : '+44 20 7946 0000', settings: {}, registration: 'unknown', mms: false,
  checklist: kind === 'webchat' ? [] : [{ code: 'first_callback', done: true }, ...(kind === 'whatsapp' ? [{ code: 'profile_logo', done: false }] : [])],
  webhook_url: kind === 'webchat' ? null : `http://127.0.0.1:8099/hooks/${kind}/${id}`, snippet: null,
  health: { state: 'connected', reason: null, detail: null, last_inbound_at: ago(60_000), last_outbound_at: ago(5 * 60_000), last_callback_at: ago(60_000), warnings: [], ...health }, ...more,
})
const template = (id, name, language, status, text, more = {}) => ({
  id, channel_id: '1', name, language, category: 'utility', status, quality: 'green', components: [{ type: 'BODY', text }],
  variables: [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map((found) => found[1]))].map((key) => ({ key, place: 'body', label: '' })), mapping: { vars: {}, buttons: {} },
  invoice_only: false, sendable: status === 'approved', reason: status === 'approved' ? null : 'not_approved', synced_at: ago(day), ...more,
})

class Settings {
  users = [
    user('1', 'Ada', 'King', 'admin'),
    user('2', 'Ann', 'Lee', 'agent'),
    user('3', 'Bob', 'Stone', 'agent'),
    user('4', 'Cat', 'Moor', 'agent', { status: 'invited', last_seen_at: null, invitation: { state: 'sent', detail: null, expires_at: ago(-6 * day) } }),
    user('5', 'Dan', 'Hill', 'agent', { status: 'invited', last_seen_at: null, invitation: { state: 'failed', detail: 'the mail server refused the address', expires_at: ago(-6 * day) } }),
    user('6', 'Eve', 'Frost', 'agent', { status: 'deactivated' }),
  ]
  groups = [
    { id: '1', name: 'General', position: 1, status: 'active', is_first: true, role: null, permissions: OPERATIONS },
    { id: '2', name: 'Sales', position: 2, status: 'active', is_first: false, role: null, permissions: OPERATIONS },
    { id: '3', name: 'Old shop', position: 3, status: 'archived', is_first: false, role: null, permissions: OPERATIONS },
  ]
  business = {
    id: '1', name: 'Bean & Leaf', country: 'GB', time_zone: 'Europe/London', currency: 'GBP',
    settings: {
      agents_can_assign: true, agents_assign_admins: true, auto_attend_on_reply: true, allow_conversation_delete: true, reopen_within_hours: 0, hold_outside_hours: true,
      replies_in_window_go_at_once: false, require_opt_in: true, consent_scope: 'business', temporary_passwords: false, visitor_transcripts: false,
    },
  }
  hours = week()
  channels = [
    channel('1', 'whatsapp', 'cloud_api', 'WhatsApp (Cloud API)', '106540352242922', {}),
    channel('2', 'whatsapp', 'dialog360', 'WhatsApp (360dialog)', '360360360360360', { state: 'degraded', detail: 'The last three messages were refused: the account has no credit left.' }),
    channel('3', 'sms', 'twilio', 'SMS', '+442079460003', { state: 'disconnected', last_inbound_at: null }),
    channel('4', 'webchat', 'widget', 'Shop website', 'demo-widget', {}, {
      settings: { title: 'Bean & Leaf', greeting: 'Hello! How can we help?', colour: '#0f766e', position: 'right', label: 'Chat with us', locale: 'en', allowed_origins: ['https://shop.example'] },
      snippet: '<script async src="http://127.0.0.1:8099/w/demo-widget.js"></script>',
    }),
  ]
  templates = [
    template('1', 'order_ready', 'en_GB', 'approved', 'Hi {{1}}, your order {{2}} is ready to collect.', { mapping: { vars: { 1: 'contact.first_name', 2: 'reference.order' }, buttons: {} } }),
    template('2', 'order_ready', 'de', 'pending', 'Hallo {{1}}, Ihre Bestellung {{2}} ist fertig.'),
    template('3', 'spring_offer', 'en_GB', 'rejected', 'New beans are here, {{1}}!', { category: 'marketing' }),
    template('4', 'table_booked', 'en_GB', 'approved', 'Your table for {{1}} is booked.', { sendable: false, reason: 'unmapped' }),
  ]
  replies = [
    { id: '1', name: 'Opening hours', body: 'Hi [contact-firstname], we are open from 9 to 17.30, Monday to Friday.', media: [], group_id: '1' },
    { id: '2', name: 'Thanks', body: 'Thank you for your order!\n[agent-firstname], [business-name]', media: [], group_id: '1' },
  ]
}

export function settings_routes(Refusal) {
  const at = new Settings()
  const find = (list, id) => list.find((one) => one.id === id) ?? (() => { throw new Refusal(404, 'not_found') })()
  const checks = { ok: true, checks: [{ name: 'credentials', ok: true, detail: '' }, { name: 'webhook', ok: true, detail: 'Subscribed to messages' }], phone: '+44 20 7946 0000', name: 'Bean & Leaf' }
  const me = () => ({ user: at.users[0], mobile: at.users[0].mobile, notify_enabled: true, email_on_assignment: true, locale: 'en', time_zone: 'Europe/London', second_factor: false })

  return [
    ['GET', /^\/me$/, me],
    ['PATCH', /^\/me$/, (_m, { json }) => (Object.assign(at.users[0], json), me())],
    ['POST', /^\/me\/password$/, (_m, { json }) => {
      if (json.new_password.length < 8) throw new Refusal(422, 'validation', 'new_password', { new_password: 'must have 8 characters at least' })
      return [204]
    }],
    ['GET', /^\/me\/sessions$/, () => ({ sessions: [
      { id: '1', created_at: ago(day), last_used_at: ago(0), user_agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36', current: true },
      { id: '2', created_at: ago(9 * day), last_used_at: ago(2 * day), user_agent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Mobile/15E148 Safari/604.1', current: false },
    ] })],
    ['DELETE', /^\/me\/sessions(\/\w+)?$/, () => [204]],
    ['POST', /^\/me\/second_factor$/, () => ({ secret: 'JBSWY3DPEHPK3PXP', uri: 'otpauth://totp/Switchboard:ada%40demo.test?secret=JBSWY3DPEHPK3PXP&issuer=Switchboard' })],
    ['POST', /^\/me\/second_factor\/confirm$/, () => ({ recovery_codes: ['abcd-efgh', 'ijkl-mnop', 'qrst-uvwx', '2345-6789'] })],
    ['DELETE', /^\/me\/second_factor$/, () => [204]],
    ['POST', /^\/password\/forgot$/, () => [202]],
    ['POST', /^\/password\/reset$/, () => [204]],
    ['POST', /^\/invitations\/look$/, (_m, { json }) => {
      if (json.token === 'old') throw new Refusal(410, 'invite_expired')
      return { email: 'cat@demo.test', first_name: 'Cat', business: at.business.name }
    }],
    ['POST', /^\/invitations\/accept$/, () => [201, { user: at.users[3] }]],
    ['GET', /^\/users$/, () => ({ users: at.users })],
    ['POST', /^\/users$/, (_m, { json }) => {
      if (at.users.some((one) => one.email === json.email)) throw new Refusal(409, 'identifier_in_use', 'email', {}, { kind: 'email', owner_kind: 'user' })
      const made = { ...user(String(at.users.length + 1), json.first_name, json.last_name, json.role), ...json, status: 'invited', last_seen_at: null, groups: [], invitation: { state: 'queued', detail: null, expires_at: ago(-7 * day) } }
      at.users.push(made)
      return [201, { user: made }]
    }],
    ['PATCH', /^\/users\/(\w+)$/, ([id], { json }) => {
      if (id === '1' && json.role === 'agent') throw new Refusal(409, 'last_admin')
      return { user: Object.assign(find(at.users, id), json) }
    }],
    ['POST', /^\/users\/(\w+)\/invitation$/, ([id]) => ({ user: Object.assign(find(at.users, id), { invitation: { state: 'queued', detail: null, expires_at: ago(-7 * day) } }) })],
    ['POST', /^\/users\/(\w+)\/deactivate$/, ([id]) => {
      if (id === '1') throw new Refusal(409, 'last_admin')
      return { user: Object.assign(find(at.users, id), { status: 'deactivated' }), conversations: 2 }
    }],
    ['POST', /^\/users\/(\w+)\/activate$/, ([id]) => ({ user: Object.assign(find(at.users, id), { status: 'active' }) })],
    ['GET', /^\/groups$/, () => ({ groups: at.groups })],
    ['POST', /^\/groups$/, (_m, { json }) => {
      const group = { ...at.groups[1], id: String(at.groups.length + 1), name: json.name, position: at.groups.length + 1 }
      at.groups.push(group)
      return [201, { group }]
    }],
    ['PATCH', /^\/groups\/(\w+)$/, ([id], { json }) => ({ group: Object.assign(find(at.groups, id), json) })],
    ['POST', /^\/groups\/(\w+)\/archive$/, ([id]) => {
      if (id === '2') throw new Refusal(409, 'group_not_empty')
      return { group: Object.assign(find(at.groups, id), { status: 'archived' }) }
    }],
    ['POST', /^\/groups\/(\w+)\/restore$/, ([id]) => ({ group: Object.assign(find(at.groups, id), { status: 'active' }) })],
    ['GET', /^\/groups\/\w+\/team$/, () => ({ members: at.users.slice(0, 2).map((one, n) => ({ user: one, role: n ? 'agent' : 'admin' })), others: at.users.slice(2, 3) })],
    ['PUT', /^\/groups\/\w+\/team$/, (_m, { json }) => {
      if (!json.confirm && json.members.length < 2) throw new Refusal(409, 'confirm_required', '', {}, { conversations: 3 })
      return { members: [], others: [] }
    }],
    ['GET', /^\/(?:groups\/\w+|business)\/hours$/, () => ({ hours: at.hours })],
    ['PUT', /^\/(?:groups\/\w+|business)\/hours$/, (_m, { json }) => ({ hours: (at.hours = json.hours) })],
    ['GET', /^\/business$/, () => ({ business: at.business })],
    ['PATCH', /^\/business$/, (_m, { json }) => {
      const { settings, ...rest } = json
      Object.assign(at.business, rest)
      Object.assign(at.business.settings, settings)
      return { business: at.business }
    }],
    ['GET', /^\/audit$/, (_m, { query }) => {
      const start = Number(query.get('after') ?? 0)
      const entries = Array.from({ length: Math.min(50, 80 - start) }, (_, n) => ({
        id: String(start + n), at: ago((start + n) * 3_600_000), actor: { kind: 'user', id: '2', name: n % 3 ? 'Ann Lee' : 'Ada King' },
        action: ['manage_users', 'close', 'change_team', 'manage_channels'][n % 4], target: { kind: ['user', 'conversation', 'group', 'channel'][n % 4], id: String(n + 1) },
        outcome: n % 5 === 4 ? 'denied' : 'done', detail: n % 5 === 4 ? { code: 'not_assignee' } : {}, ip: '203.0.113.7',
      }))
      return { entries, meta: { next: start + 50 < 80 ? String(start + 50) : null } }
    }],
    ['GET', /^\/channels$/, () => ({ channels: at.channels })],
    ['GET', /^\/channels\/(\w+)$/, ([id]) => ({ channel: find(at.channels, id) })],
    ['POST', /^\/channels\/check$/, (_m, { json }) => (json.address === '1' ? { ...checks, ok: false, checks: [{ name: 'credentials', ok: false, detail: 'The provider answered 401: the token is not valid.' }] } : checks)],
    ['POST', /^\/channels\/(\w+)\/check$/, () => checks],
    ['POST', /^\/channels$/, (_m, { json }) => {
      const made = { ...channel(String(at.channels.length + 1), json.kind, json.provider, json.name, json.address || 'new-widget', {}), settings: json.settings, group_id: json.group_id }
      at.channels.push(made)
      return [201, { channel: made }]
    }],
    ['PATCH', /^\/channels\/(\w+)$/, ([id], { json }) => ({ channel: Object.assign(find(at.channels, id), json.name ? { name: json.name } : {}) })],
    ['POST', /^\/channels\/(\w+)\/(disconnect|reconnect)$/, ([id, what]) => {
      find(at.channels, id).health.state = what === 'disconnect' ? 'disconnected' : 'connected'
      return { channel: find(at.channels, id) }
    }],
    ['POST', /^\/channels\/(\w+)\/move$/, ([id], { json }) => ({ channel: Object.assign(find(at.channels, id), json) })],
    ['PUT', /^\/channels\/(\w+)\/widget$/, ([id], { json }) => ({ channel: Object.assign(find(at.channels, id), { settings: json }) })],
    ['POST', /^\/channels\/\w+\/widget\/identity_secret$/, () => ({ identity_secret: '5f2c9e6b8a1d4f7093b6e5d2c8a7f401' })],
    ['GET', /^\/groups\/\w+\/templates$/, () => ({ templates: at.templates })],
    ['POST', /^\/channels\/\w+\/templates\/sync$/, () => ({ created: 0, updated: 1, removed: 0 })],
    ['PUT', /^\/templates\/(\w+)\/mapping$/, ([id], { json }) => ({ template: Object.assign(find(at.templates, id), { mapping: json, sendable: true, reason: null }) })],
    ['GET', /^\/groups\/\w+\/replies$/, () => ({ replies: at.replies })],
    ['POST', /^\/groups\/\w+\/replies$/, (_m, { json }) => {
      const reply = { id: String(at.replies.length + 10), media: [], group_id: '1', ...json }
      at.replies.push(reply)
      return [201, { reply }]
    }],
    ['PUT', /^\/replies\/(\w+)$/, ([id], { json }) => ({ reply: Object.assign(find(at.replies, id), json) })],
    ['DELETE', /^\/replies\/(\w+)$/, ([id]) => ((at.replies = at.replies.filter((one) => one.id !== id)), [204])],
  ]
}

/** What the session answer gets for somebody who may do everything, and for somebody who may do nothing. */
export const rights = (role) => (role === 'admin' ? { permissions: OPERATIONS, group: OPERATIONS } : { permissions: [], group: ['view_team'] })
