// A small stand-in for the server, for working on the screens without it: docs/protocol.md with data in memory.
// `node mock/server.mjs [port]` serves dist/, the REST calls and the agents' socket. Not for production.
//
// Controls (POST, JSON): /mock/in {id,text,media?} incoming message, /mock/status {id,status}, /mock/drop {ms}
// closes every socket and refuses new ones, /mock/typing {id}, /mock/writing {id},
// /mock/advice {id,state?,holds_until?}, /mock/view {id}, /mock/window {id,state},
// /mock/reset {empty?,setup?}.

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'
import { Business, PASSWORD } from './data.mjs'
import { rights, settings_routes } from './settings.mjs'
import { TEMPLATES } from './texts.mjs'

const port = Number(process.argv[2] ?? 8099)
const dist = fileURLToPath(new URL('../dist', import.meta.url))
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml', '.webmanifest': 'application/manifest+json' }
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'"

let business = new Business()
let refuse_until = 0
const sockets = new Set()
const uploads = new Map()

class Refusal extends Error {
  constructor(status, code, detail = code, fields, facts = {}) {
    super(detail)
    Object.assign(this, { status, code, detail, fields, facts })
  }
}

function publish(frames) {
  for (const frame of frames) for (const socket of sockets) if (socket.readyState === 1) socket.send(JSON.stringify(frame))
}

function user_of(request) {
  const id = /mock_user=(\w+)/.exec(request.headers.cookie ?? '')?.[1]
  const user = business.users.find((one) => one.id === id)
  if (!user) throw new Refusal(401, 'not_signed_in')
  return user
}

function find(id) {
  const held = business.conversations.get(id)
  if (!held) throw new Refusal(404, 'not_found')
  return held
}

async function body_of(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const routes = [
  ...settings_routes(Refusal),
  ['GET', /^\/setup$/, () => ({ needed: business.needs_setup })],
  ['POST', /^\/setup$/, (_m, { json, response }) => {
    if (json.token !== 'let-me-in') throw new Refusal(403, 'setup_token_invalid')
    business.needs_setup = false
    response.setHeader('Set-Cookie', 'mock_user=1; Path=/; HttpOnly')
    return [201, { user: business.users[0] }]
  }],
  ['POST', /^\/session$/, (_m, { json, response }) => {
    const user = business.users.find((one) => one.email === json.email)
    if (!user || json.password !== PASSWORD) throw new Refusal(401, 'login_failed')
    response.setHeader('Set-Cookie', `mock_user=${user.id}; Path=/; HttpOnly`)
    return [201, { user }]
  }],
  ['GET', /^\/session$/, (_m, { request }) => {
    const user = user_of(request)
    const { permissions, group } = rights(user.role)
    const about = business.about()
    const groups = about.groups.map((one, n) => ({ ...one, position: n + 1, status: 'active', is_first: n === 0, permissions: [...new Set([...one.permissions, ...group])] }))
    return { user, ...about, groups, permissions: [...new Set([...permissions, ...business.permissions(user)])], server_time: new Date().toISOString() }
  }],
  ['DELETE', /^\/session$/, (_m, { response }) => {
    response.setHeader('Set-Cookie', 'mock_user=; Path=/; Max-Age=0')
    return [204]
  }],
  ['GET', /^\/groups\/\w+\/members$/, () => ({ users: business.members() })],
  ['GET', /^\/channels$/, () => ({ channels: business.channels })],
  ['GET', /^\/inbox\/counts$/, (_m, { request, query }) => ({ counts: business.counts(query.get('group_id'), user_of(request).id) })],
  ['GET', /^\/conversations$/, (_m, { request, query }) => business.list(query, user_of(request).id)],
  ['GET', /^\/conversations\/(\w+)$/, ([id], { request }) => ({ ...business.listed(find(id), user_of(request).id), composer: business.advice(find(id)) })],
  ['GET', /^\/conversations\/(\w+)\/timeline$/, ([id], { query }) => business.timeline(find(id), query)],
  ['POST', /^\/conversations\/bulk$/, (_m, { request, json }) => bulk(user_of(request), json)],
  ['POST', /^\/conversations\/find$/, (_m, { json }) => partner(json)],
  ['POST', /^\/conversations$/, (_m, { request, json }) => [201, begin(user_of(request), json)]],
  ['POST', /^\/conversations\/(\w+)\/(attend|reopen|restore)$/, ([id, what], { request }) => command(user_of(request), id, what)],
  ['POST', /^\/conversations\/(\w+)\/close$/, ([id], { request, json }) => {
    const queued = find(id).messages.filter((one) => one.status === 'queued' && one.hold_reason)
    if (queued.length && !json.pending) throw new Refusal(409, 'confirm_required', 'messages are queued', undefined, { queued: queued.length })
    if (json.pending === 'cancel') queued.forEach((one) => publish(business.status(find(id), one, 'cancelled')))
    return command(user_of(request), id, 'close', [], json.note)
  }],
  ['PUT', /^\/conversations\/(\w+)\/snooze$/, ([id], { request, json }) => command(user_of(request), id, 'snooze', [], json.until)],
  ['DELETE', /^\/conversations\/(\w+)\/snooze$/, ([id], { request }) => command(user_of(request), id, 'wake')],
  ['DELETE', /^\/conversations\/(\w+)$/, ([id], { request }) => command(user_of(request), id, 'delete')],
  ['POST', /^\/conversations\/(\w+)\/assignees\/(\w+)$/, ([id, user], { request }) => command(user_of(request), id, 'assign', [...find(id).row.assignees.map((a) => a.user_id), user])],
  ['POST', /^\/conversations\/(\w+)\/notes$/, ([id], { request, json }) => {
    const { message, frame } = business.note(find(id), user_of(request), json)
    publish([frame])
    return [201, { message }]
  }],
  ['GET', /^\/conversations\/(\w+)\/draft$/, ([id]) => ({ draft: drafts.get(id) ?? null })],
  ['PUT', /^\/conversations\/(\w+)\/draft$/, ([id], { json }) => save_draft(id, { text: json.text, updated_at: new Date().toISOString() }, json.tab)],
  ['DELETE', /^\/conversations\/(\w+)\/draft$/, ([id]) => save_draft(id, null)],
  ['GET', /^\/conversations\/(\w+)\/sendable-templates$/, () => TEMPLATES],
  ['GET', /^\/channels\/(\w+)\/sendable-templates$/, () => TEMPLATES],
  ['POST', /^\/conversations\/(\w+)\/messages$/, ([id], { request, json }) => [201, { message: send_template(user_of(request), find(id), json) }]],
  ['POST', /^\/messages\/(\w+)\/(retry|cancel)$/, ([id, what]) => again(id, what)],
  ['GET', /^\/search$/, (_m, { request, query }) => search(user_of(request), query)],
  ['GET', /^\/conversations\/(\w+)\/transcript$/, () => ({ transcript: 'made up' })],
  ['PUT', /^\/conversations\/(\w+)\/assignees$/, ([id], { request, json }) => command(user_of(request), id, 'assign', json.user_ids)],
  ['DELETE', /^\/conversations\/(\w+)\/assignees$/, ([id], { request }) => command(user_of(request), id, 'unassign')],
  ['POST', /^\/conversations\/(\w+)\/read$/, ([id], { request, json }) => ({ read: read_mark(user_of(request), id, json) })],
  ['POST', /^\/media$/, (_m, { raw }) => {
    const name = /filename="([^"]*)"/.exec(raw.subarray(0, 600).toString('latin1'))?.[1] ?? 'file'
    if (/\.(exe|svg|html)$/.test(name)) throw new Refusal(415, 'media_type_unsupported')
    if (raw.length > 8e6) throw new Refusal(413, 'media_too_large')
    const image = /\.(png|jpe?g|webp|gif)$/.test(name)
    const media = { id: `u${uploads.size + 1}`, kind: image ? 'image' : 'document', file_name: name, mime: image ? 'image/png' : 'application/octet-stream', size: raw.length, state: 'ready' }
    uploads.set(media.id, media)
    return [201, { media }]
  }],
]

const drafts = new Map()

function save_draft(id, draft, tab) {
  if (draft) drafts.set(id, draft)
  else drafts.delete(id)
  publish([{ t: 'draft.changed', conversation_id: id, d: { draft, tab } }])
  return { draft }
}

function bulk(user, { ids, action, user_ids }) {
  const results = ids.map((id) => {
    try {
      if (action === 'read' || action === 'unread') read_mark(user, id, action === 'unread' ? { unread: true } : { upto: find(id).row.seq })
      else if (find(id).row.status === 'closed') return action === 'close' ? { id, outcome: 'unchanged' } : { id, outcome: 'refused', code: 'conversation_closed' }
      else command(user, id, action, user_ids)
      return { id, outcome: 'done' }
    } catch (error) {
      return { id, outcome: 'refused', code: error.code, detail: error.detail }
    }
  })
  return { results }
}

function partner({ contact_id, phone }) {
  const held = [...business.conversations.values()].find(({ row }) => (contact_id ? row.contact.id === contact_id : row.contact.phone === phone))
  return { contact: held?.row.contact ?? null, conversation: held?.row.status === 'open' ? held.row : null, phone: phone ?? null }
}

function begin(user, json) {
  const known = partner(json)
  const channel = business.channels.find((one) => one.id === json.channel_id)
  const held = known.conversation ? find(known.conversation.id) : business.fresh(channel, known.contact ?? { name: json.phone, phone: json.phone }, user)
  const { frames, message } = json.template ? { frames: [], message: send_template(user, held, json) } : business.reply(held, user, json, [])
  publish(frames)
  return { conversation: held.row, message }
}

function send_template(user, held, { client_id, template }) {
  const it = TEMPLATES.registered.find((one) => one.id === template.id)
  const missing = it.vars.filter(({ key }) => !template.vars[key]?.trim()).map(({ key }) => key)
  if (missing.length) throw new Refusal(422, 'template_vars_missing', 'empty', undefined, { vars: missing })
  const text = it.body.replace(/\{\{(\w+)\}\}/g, (_all, key) => template.vars[key])
  const { frames, message } = business.reply(held, user, { client_id, text }, [])
  Object.assign(message, { kind: 'template', extra: { template: { name: it.name, language: it.language, category: 'utility', header: it.header, footer: null, buttons: it.buttons } } })
  publish(frames)
  ;['sent', 'delivered'].forEach((status, at) => setTimeout(() => publish(business.status(held, message, status)), 500 * (at + 1)))
  return message
}

function again(id, what) {
  for (const held of business.conversations.values()) {
    const message = held.messages.find((one) => one.id === id)
    if (!message) continue
    if (what === 'cancel') publish(business.status(held, message, 'cancelled'))
    else ['queued', 'sent'].forEach((status, at) => setTimeout(() => publish(business.status(held, message, status)), 400 * at))
    return { message }
  }
  throw new Refusal(404, 'not_found')
}

function search(user, query) {
  const q = query.get('q').toLowerCase()
  const limit = Number(query.get('limit') ?? 5)
  const all = [...business.conversations.values()]
  const named = all.filter(({ row }) => row.contact.name.toLowerCase().includes(q) || (row.contact.phone ?? '').includes(q)).slice(0, limit)
  const messages = all.flatMap((held) => held.messages.filter((one) => one.text?.toLowerCase().includes(q)).slice(-1).map((one) => [held, one])).slice(0, limit)
  const snippet = (text) => {
    const at = text.toLowerCase().indexOf(q)
    return [{ text: text.slice(0, at), hit: false }, { text: text.slice(at, at + q.length), hit: true }, { text: text.slice(at + q.length), hit: false }]
  }
  return {
    contacts: named.map(({ row }) => ({ contact: row.contact, open_conversation_id: row.status === 'open' ? row.id : null })),
    conversations: query.get('in') === 'contacts' ? [] : named.map((held) => business.listed(held, user.id)),
    messages: query.get('in') === 'contacts' ? [] : messages.map(([{ row }, one]) => ({ conversation_id: row.id, number: row.number, contact_name: row.contact.name, message_id: one.id, seq: one.seq, at: one.at, snippet: snippet(one.text) })),
  }
}

function command(user, id, what, user_ids, note) {
  const held = find(id)
  const { row } = held
  if (what === 'attend' && row.assignees.length) throw new Refusal(409, 'already_assigned')
  if (what === 'close' && user.role !== 'admin' && !row.assignees.some((a) => a.user_id === user.id)) throw new Refusal(403, 'not_assignee')
  publish(business.command(held, user, what, user_ids, note))
  return { conversation: row }
}

function read_mark(user, id, json) {
  if (json.user_id && !json.confirm) throw new Refusal(409, 'confirm_required')
  const read = business.mark(find(id), user.id, json)
  publish([{ t: 'conversation.read_state', conversation_id: id, d: read }])
  return read
}

function send(user, frame) {
  const held = find(frame.conversation_id)
  if (held.row.window.state === 'closed') throw new Refusal(422, 'window_closed')
  const known = held.by_client.get(frame.client_id)
  if (known) return { message_id: known.id, seq: known.seq }
  const media = (frame.media_ids ?? []).map((one) => uploads.get(one)).filter(Boolean)
  if (!held.row.assignees.length) publish(business.command(held, user, 'attend'))
  const { frames, message } = business.reply(held, user, frame, media)
  if (held.holds_until) Object.assign(message, { hold_reason: 'business_hours', release_at: held.holds_until })
  publish(frames)
  if (held.holds_until) return { message_id: message.id, seq: message.seq }
  const steps = held.row.channel?.kind === 'sms' ? ['sent', 'delivered'] : ['sent', 'delivered', 'read']
  const failed = /fail/i.test(frame.text ?? '')
  ;(failed ? ['failed'] : steps).forEach((status, at) => setTimeout(() => publish(business.status(held, message, status)), 500 * (at + 1)))
  return { message_id: message.id, seq: message.seq }
}

const controls = {
  in: ({ id, text, media }) => publish(business.incoming(find(id), text, media)),
  status: ({ id, status }) => publish(business.status(find(id), find(id).messages.findLast((m) => m.direction === 'out'), status)),
  drop: ({ ms }) => {
    refuse_until = Date.now() + ms
    for (const socket of sockets) socket.terminate()
  },
  typing: ({ id }) => publish([{ t: 'typing', conversation_id: id, d: { who: { kind: 'contact', id: 'c', name: find(id).row.contact.name }, until: new Date(Date.now() + 5000).toISOString() } }]),
  writing: ({ id }) => publish([{ t: 'typing', conversation_id: id, d: { who: { kind: 'user', id: '3', name: 'Bob Stone' }, until: new Date(Date.now() + 5000).toISOString() } }]),
  advice: ({ id, state, holds_until }) => Object.assign(find(id), { advice: state, holds_until }),
  view: ({ id }) => publish([{ t: 'presence.viewing', conversation_id: id, d: { users: [{ id: '3', name: 'Bob Stone' }] } }]),
  window: ({ id, state }) => publish(business.window(find(id), state)),
  reset: (options) => {
    business = new Business(options)
    for (const socket of sockets) socket.terminate()
  },
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://mock')
  const answer = (status, body) => {
    response.writeHead(status, { 'Content-Type': 'application/json' })
    response.end(body === undefined ? '' : JSON.stringify(body))
  }
  try {
    if (url.pathname.startsWith('/mock/')) {
      controls[url.pathname.slice(6)](JSON.parse((await body_of(request)).toString() || '{}'))
      return answer(204)
    }
    const path = url.pathname.replace(/^\/api\/v1/, '')
    const media = /^\/media\/(\w+)$/.exec(path)
    if (media && url.pathname.startsWith('/api/')) {
      response.writeHead(200, { 'Content-Type': 'image/svg+xml' })
      return response.end(business.picture(media[1]))
    }
    if (url.pathname.startsWith('/api/')) {
      const raw = await body_of(request)
      if (request.method !== 'GET' && !/^(application\/json|multipart\/form-data)/.test(request.headers['content-type'] ?? '')) throw new Refusal(415, 'content_type')
      const json = /json/.test(request.headers['content-type'] ?? '') && raw.length ? JSON.parse(raw.toString()) : {}
      for (const [method, pattern, run] of routes) {
        const found = method === request.method && pattern.exec(path)
        if (!found) continue
        const result = run(found.slice(1), { request, response, json, raw, query: url.searchParams })
        return Array.isArray(result) ? answer(...result) : answer(200, result)
      }
      throw new Refusal(404, 'not_found')
    }
    await file(url.pathname, response)
  } catch (error) {
    const { status = 500, code = 'internal', detail = String(error), fields, facts } = error
    if (status === 500) console.error(error)
    answer(status, { error: { code, detail, fields, ...facts } })
  }
})

async function file(pathname, response) {
  const wanted = normalize(pathname)
  const name = extname(wanted) ? wanted : '/index.html'
  try {
    const body = await readFile(join(dist, name))
    response.writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream', 'Content-Security-Policy': CSP })
    response.end(body)
  } catch {
    response.writeHead(404)
    response.end('not found')
  }
}

const wss = new WebSocketServer({ noServer: true })
server.on('upgrade', (request, socket, head) => {
  if (Date.now() < refuse_until) return socket.destroy()
  let user
  try {
    user = user_of(request)
  } catch {
    return socket.destroy()
  }
  wss.handleUpgrade(request, socket, head, (ws) => serve(ws, user))
})

function serve(ws, user) {
  sockets.add(ws)
  ws.on('close', () => sockets.delete(ws))
  const say = (frame) => ws.send(JSON.stringify(frame))
  say({ t: 'hello', d: { user, cursor: business.cursor(), server_time: new Date().toISOString() } })
  ws.on('message', (data) => {
    const frame = JSON.parse(data.toString())
    try {
      switch (frame.t) {
        case 'resume': {
          const missed = business.since(frame.cursor)
          if (!missed) return say({ t: 'resync', req: frame.req })
          missed.forEach(say)
          return say({ t: 'resumed', req: frame.req, d: { frames: missed.length, cursor: business.cursor() } })
        }
        case 'message.send':
          return say({ t: 'ack', req: frame.req, d: send(user, frame) })
        case 'read.mark':
          return say({ t: 'ack', req: frame.req, d: read_mark(user, frame.conversation_id, frame) })
        default:
          if (frame.req) say({ t: 'ack', req: frame.req, d: {} })
      }
    } catch (error) {
      say({ t: 'error', req: frame.req, code: error.code ?? 'internal', detail: error.detail })
    }
  })
}

server.listen(port, '127.0.0.1', () => console.log(`mock at http://127.0.0.1:${port}`))
