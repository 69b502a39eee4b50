// A stand-in for the server's visitor side (docs/protocol.md, section 4): enough to develop and test the widget alone.
// `node apps/widget/mock/server.mjs [port]` serves the built widget; a host page from another origin is on port + 1.
// Tests steer it over POST /mock/<command>.
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'

const built = process.env.SWITCHBOARD_UI_OUT || fileURLToPath(new URL('../../../dist', import.meta.url))
const csp =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
  "connect-src 'self'; font-src 'self'; base-uri 'none'; require-trusted-types-for 'script'"
const config = {
  title: 'Acme support',
  greeting: 'Hi! How can we help you today?',
  colour: '#0f766e',
  locale: 'en',
  position: 'right',
}
const types = { js: 'text/javascript', css: 'text/css', html: 'text/html; charset=utf-8' }

export function startMock(port = 7788, dist = built) {
  const visitors = new Map() // token -> { id, conversation, entries, byClientId, sockets }
  const files = new Map()
  let counter = 100
  let cursor = 0
  let accepting = true
  let media = { status: 201, delay: 0 }
  const id = () => String(++counter)
  const now = () => new Date().toISOString()

  function publish(visitor, entry) {
    entry.cursor = String(++cursor)
    visitor.entries.push(entry)
    const text = JSON.stringify(entry)
    for (const socket of visitor.sockets) socket.send(text)
  }
  function entry(visitor, t, d) {
    return { t, conversation_id: visitor.conversation, seq: ++visitor.seq, at: now(), d }
  }
  function say(visitor, direction, sender, { text, client_id, media_ids = [] }) {
    visitor.conversation ??= id()
    const message = {
      id: id(),
      conversation_id: visitor.conversation,
      seq: visitor.seq + 1,
      channel_id: '1',
      direction,
      kind: media_ids.length ? 'media' : 'text',
      sender,
      text: text ?? null,
      media: media_ids.map((one) => files.get(one)?.media).filter(Boolean),
      client_id: client_id ?? null,
      status: direction === 'in' ? null : 'sent',
      failure: null,
      at: now(),
    }
    publish(visitor, entry(visitor, 'message.created', { message }))
    return message
  }
  function folded(visitor) {
    const messages = visitor.entries.filter((e) => e.t === 'message.created' || e.t === 'conversation.closed').slice(-50)
    return messages.map((e) => {
      if (e.t !== 'message.created') return e
      const status = visitor.entries.filter((s) => s.t === 'message.status' && s.d.message_id === e.d.message.id).pop()
      return status ? { ...e, d: { message: { ...e.d.message, status: status.d.status } } } : e
    })
  }

  function session(socket, frame) {
    const { token, widget_key: key, cursor: since } = frame.d
    const error = (code) => {
      socket.send(JSON.stringify({ t: 'error', req: frame.req, code, detail: code }))
      socket.close(1008)
    }
    if (key !== 'demo-widget') return error('widget_unknown')
    if (token && !visitors.has(token)) return error('token_invalid')
    const own = token ?? `t${id()}`
    if (!token)
      visitors.set(own, {
        id: id(),
        conversation: null,
        seq: 0,
        entries: [],
        byClientId: new Map(),
        sockets: new Set(),
        seen: 0,
        acked: 0,
      })
    const visitor = visitors.get(own)
    visitor.sockets.add(socket)
    socket.on('close', () => visitor.sockets.delete(socket))
    const d = {
      token: own,
      visitor_id: visitor.id,
      widget: { key, ...config },
      conversation_id: visitor.conversation,
      cursor: String(cursor),
      resumed: since !== null,
      entries: since === null ? folded(visitor) : visitor.entries.filter((e) => Number(e.cursor) > Number(since)),
    }
    socket.send(JSON.stringify({ t: 'hello', req: frame.req, d }))
    return visitor
  }

  function command(visitor, socket, { t, req, d }) {
    const ack = (answer) => socket.send(JSON.stringify({ t: 'ack', req, d: answer }))
    if (t === 'ping') return ack({})
    if (t === 'message.ack') visitor.acked = d.upto
    if (t === 'message.seen') visitor.seen = d.upto
    if (t === 'typing') visitor.typed = (visitor.typed ?? 0) + 1
    if (t !== 'message.send') return
    if (d.text === '/refuse') return socket.send(JSON.stringify({ t: 'error', req, code: 'invalid', detail: 'no' }))
    let message = visitor.byClientId.get(d.client_id)
    if (!message) {
      message = say(visitor, 'in', { kind: 'contact', id: visitor.id, name: 'Visitor' }, d)
      visitor.byClientId.set(d.client_id, message)
      setTimeout(
        () =>
          publish(
            visitor,
            entry(visitor, 'message.status', { message_id: message.id, status: 'delivered', at: now(), failure: null }),
          ),
        300,
      )
    }
    ack({ message_id: message.id, conversation_id: message.conversation_id, seq: message.seq, at: message.at })
  }

  const control = {
    reply: (v, d) => say(v, 'out', d.sender ?? { kind: 'user', id: '11', name: 'Ann' }, d),
    typing: (v) => v.sockets.forEach((s) => s.send(JSON.stringify({ t: 'typing', d: { who: { kind: 'user', name: 'Ann' } } }))),
    closed: (v) => publish(v, entry(v, 'conversation.closed', {})),
    drop: (v) => v.sockets.forEach((s) => s.terminate()),
    backdate: (v, d) =>
      v.entries.forEach((e) => {
        if (e.d.message && e.seq <= d.upto) e.d.message.at = e.at = d.at
      }),
    state: (v) => ({
      seen: v.seen,
      acked: v.acked,
      typed: v.typed,
      messages: v.entries.filter((e) => e.d.message).map((e) => e.d.message),
    }),
  }

  async function body(request) {
    const parts = []
    for await (const part of request) parts.push(part)
    return Buffer.concat(parts)
  }
  function receiveFile(bytes) {
    const head = bytes.subarray(0, 1000).toString('latin1')
    const from = head.indexOf('\r\n\r\n') + 4
    const mime = /Content-Type: ([^\r]+)/i.exec(head)?.[1] ?? 'application/octet-stream'
    const kind = ['image', 'video', 'audio'].find((one) => mime.startsWith(one)) ?? 'document'
    const content = bytes.subarray(from, bytes.lastIndexOf('\r\n--'))
    const one = {
      id: id(),
      kind,
      file_name: Buffer.from(/filename="([^"]*)"/.exec(head)?.[1] ?? 'file', 'latin1').toString(),
      mime,
      size: content.length,
      state: 'ready',
    }
    files.set(one.id, { media: one, content })
    return one
  }

  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://x')
    const end = (status, type, content, headers = {}) =>
      response.writeHead(status, { 'content-type': type, ...headers }).end(content)
    const json = (status, value) => end(status, 'application/json', JSON.stringify(value ?? null))
    const [, first, second, third] = pathname.split('/')
    if (first === 'w') {
      const key = second.replace(/\.js$/, '')
      const { title, greeting, colour, locale } = config
      const boot = {
        key,
        origin: `http://${request.headers.host}`,
        colour,
        label: 'Chat with us',
        side: config.position,
        locale,
        title,
        greeting,
      }
      return end(200, types.js, `window.__switchboard_boot=${JSON.stringify(boot)};\n${readFileSync(`${dist}/widget/loader.js`)}`)
    }
    if (pathname.startsWith('/widget/v1/frame/')) {
      return end(200, types.html, readFileSync(`${dist}/widget/frame.html`), {
        'content-security-policy': csp,
        'cross-origin-resource-policy': 'cross-origin',
      })
    }
    if (first === 'widget' && second === 'assets')
      return end(200, types[third.split('.').pop()], readFileSync(`${dist}/widget/assets/${third}`))
    if (pathname.startsWith('/widget/v1/media')) {
      if (!visitors.has((request.headers.authorization ?? '').replace('Bearer ', '')))
        return json(401, { error: { code: 'token_invalid' } })
      if (request.method === 'GET') {
        const file = files.get(pathname.split('/').pop())
        return file ? end(200, file.media.mime, file.content) : json(404, {})
      }
      const bytes = await body(request)
      await new Promise((done) => setTimeout(done, media.delay))
      return media.status === 201 ? json(201, { media: receiveFile(bytes) }) : json(media.status, { error: { code: 'media' } })
    }
    if (first === 'mock') {
      const d = JSON.parse((await body(request)).toString() || '{}')
      if (second === 'accept') return json(200, (accepting = d.on))
      if (second === 'media') return json(200, Object.assign(media, d))
      if (second === 'config') return json(200, Object.assign(config, d))
      const all = [...visitors.values()]
      if (second === 'visitors') return json(200, all.length)
      const visitor = all[all.length - 1]
      return visitor ? json(200, control[second](visitor, d)) : json(404, {})
    }
    return end(404, 'text/plain', 'not found')
  })
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) => {
    if (!accepting || request.url !== '/ws/visitor') return socket.destroy()
    sockets.handleUpgrade(request, socket, head, (ws) => {
      let visitor = null
      ws.on('message', (text) => {
        const frame = JSON.parse(text)
        if (frame.t === 'session.start') visitor = session(ws, frame)
        else if (visitor) command(visitor, ws, frame)
      })
    })
  })
  return new Promise((done) => server.listen(port, () => done(server)))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.argv[2] ?? 7788)
  await startMock(port)
  const page = `<!doctype html><title>Shop</title><h1>Shop</h1><script async src="http://localhost:${port}/w/demo-widget.js"></script>`
  createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(page)).listen(port + 1, '127.0.0.1')
  console.log(`widget http://localhost:${port}, host page http://127.0.0.1:${port + 1}`)
}
