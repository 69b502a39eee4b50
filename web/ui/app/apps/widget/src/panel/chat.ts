// The panel's state: socket, thread, outbox and receipts wired together, as signals the components read.
import { computed, effect, signal } from '@preact/signals'
import type { Claim, ToHost } from './bridge'
import { Outbox } from './outbox'
import { isEntry, type Frame, type Hello, type Media, type SendAck, type WidgetConfig } from './protocol'
import { countUnread, newest, upto, type Seen } from './receipts'
import { VisitorSocket, type State } from './socket'
import { openStorage } from './storage'
import { texts } from './texts'
import { Thread, type Bubble, type Item, type Outgoing } from './thread'

const typingLasts = 6000
const typingEvery = 2000

/** A random UUID, also on pages without a secure context. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 15) | 64
  bytes[8] = (bytes[8]! & 63) | 128
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

export class Chat {
  readonly items = signal<Item[]>([])
  readonly state = signal<State>('idle')
  readonly widget = signal<Partial<WidgetConfig>>({})
  readonly opened = signal(false)
  readonly visible = signal(!document.hidden)
  /** Who is writing to us, if somebody is. */
  readonly typing = signal<string | null>(null)
  /** The last incoming message, in words for a screen reader. */
  readonly announcement = signal('')
  readonly token = signal<string | null>(null)
  /** Whether the visitor has a conversation that is not closed. */
  readonly active = signal<boolean | null>(null)
  /** Whether the website vouches for this visitor. */
  readonly identified = signal(false)
  /** What the visitor filled in before their first message. */
  readonly prechat = signal<Record<string, string> | null>(null)
  /** Whether the business is closed now, and nobody of it has answered all the same. */
  readonly away = computed(() => {
    const last = this.items.value[this.items.value.length - 1]
    return this.closed.value && !(last?.kind === 'bubble' && !last.mine)
  })
  /** Whether the visitor may keep what was said as a file. */
  readonly keepable = computed(() => this.keeps.value && this.items.value.some((item) => item.seq))
  /** Whether the visitor must introduce themselves before they can write. */
  readonly asks = computed(() => {
    const form = this.widget.value.prechat
    return !!form?.enabled && this.active.value === false && !this.identified.value && !this.prechat.value && !this.items.value.length
  })
  tellHost: (message: ToHost) => void = () => {}
  readonly unread = computed(() => countUnread(this.items.value, this.seen.value))
  readonly attentive = computed(() => this.opened.value && this.visible.value)

  private readonly closed = signal(false)
  private readonly keeps = signal(false)
  private readonly seen = signal<Seen>({})
  private readonly storage
  private readonly thread = new Thread()
  private readonly outbox: Outbox
  private readonly socket: VisitorSocket
  private cursor: string | null = null
  private received: Seen = {}
  private reported: Seen = {}
  private typedAt = 0
  private typingEnds?: ReturnType<typeof setTimeout>
  private claim: Claim | null = null

  /** A preview is a panel that nobody chats in: it knows no visitor and, as nobody opens it, never connects. */
  constructor(key: string, preview = false) {
    this.storage = openStorage(key, preview)
    this.token.value = this.storage.get<string>('token')
    this.seen.value = this.storage.get<Seen>('seen') ?? {}
    this.prechat.value = this.storage.get<Record<string, string>>('prechat')
    const url = new URL('/ws/visitor', location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    this.socket = new VisitorSocket(url.href, key, {
      session: () => ({ token: this.token.value, cursor: this.cursor, ...this.claim }),
      hello: (hello) => this.hello(hello),
      frame: (frame) => this.frame(frame),
      state: (state) => {
        this.state.value = state
        if (state === 'online') return
        this.outbox.pause()
        this.setTyping(null)
      },
      forget: () => this.forget(),
    })
    this.outbox = new Outbox(this.storage, {
      send: ({ client_id, text, media }) =>
        this.socket.request('message.send', {
          client_id,
          text: text || undefined,
          media_ids: media.length ? media.map((m) => m.id) : undefined,
          prechat: this.prechat.value ?? undefined,
        }) as Promise<SendAck>,
      acked: (id, ack) => {
        this.active.value = true
        this.tellHost({ t: 'message', d: { direction: 'out' } })
        this.update(() => this.thread.acked(id, ack))
      },
      refused: (id, code) => {
        // What they filled in did not pass: they are asked again.
        if (code === 'validation' && !this.active.value) this.introduce(null)
        this.update(() => this.thread.refused(id))
      },
    })
    for (const out of this.outbox.waiting()) this.thread.queue(out)
    this.items.value = this.thread.list()
    this.followOtherTabs()
    this.followPage()
    // Nothing is stored or sent before the visitor opens the panel, unless they came back to a chat.
    effect(() => {
      if (this.opened.value || this.token.peek() !== null) this.socket.connect()
    })
    effect(() => this.report())
  }

  send(text: string, media: Media[]): void {
    const out: Outgoing = { client_id: uuid(), text, media, at: new Date().toISOString() }
    this.update(() => this.thread.queue(out))
    this.typedAt = 0
    this.outbox.add(out)
  }

  /** Keeps what the visitor filled in, for their first message. */
  introduce(answers: Record<string, string> | null): void {
    this.prechat.value = answers
    this.storage.set('prechat', answers)
  }

  /** The page says who its visitor is; the server judges the proof. */
  identify(claim: Claim): void {
    if (JSON.stringify(claim) === JSON.stringify(this.claim)) return
    this.claim = claim
    this.cursor = null
    if (this.state.value !== 'idle') this.socket.restart()
    else if (this.opened.value) this.socket.connect()
  }

  /** Throws away everything that says who this visitor was. */
  logout(): void {
    this.claim = null
    this.outbox.clear()
    this.storage.set('seen', null)
    this.draft = ''
    this.leave()
  }

  /** Becomes nobody: a new guest if the panel is open, else nothing at all. */
  private leave(): void {
    this.introduce(null)
    this.identified.value = false
    this.seen.value = {}
    this.forget()
    this.socket.stop()
    if (this.opened.value) this.socket.connect()
  }

  /** Sends a refused message once more. */
  again(bubble: Bubble): void {
    this.discard(bubble)
    this.send(bubble.text, bubble.media)
  }

  discard(bubble: Bubble): void {
    this.update(() => this.thread.drop(bubble.key))
  }

  typed(): void {
    if (Date.now() - this.typedAt < typingEvery) return
    this.typedAt = Date.now()
    this.socket.post('typing')
  }

  get draft(): string {
    return this.storage.get<string>('draft') ?? ''
  }

  set draft(text: string) {
    this.storage.set('draft', text || null)
  }

  private hello(hello: Hello): void {
    this.widget.value = hello.widget
    this.token.value = hello.token
    this.storage.set('token', hello.token)
    this.cursor = hello.cursor
    this.identified.value = !!hello.identified
    this.closed.value = hello.open === false
    this.keeps.value = !!hello.transcript
    // After a resume a message in `entries` is news; in a fresh list it is history.
    this.update(() => {
      if (hello.resumed) for (const entry of hello.entries) this.announce(this.thread.apply(entry))
      else this.thread.replace(hello.entries)
    })
    // The conversation named may be a closed one.
    const last = this.items.value.filter((item) => item.seq).pop()
    this.active.value = hello.conversation_id !== null && last?.kind !== 'closed'
    this.received = {}
    this.reported = {}
    this.report()
    this.outbox.resume()
  }

  private frame(frame: Frame): void {
    if (isEntry(frame)) {
      if (frame.cursor) this.cursor = frame.cursor
      if (frame.t === 'conversation.closed') this.active.value = false
      this.update(() => this.announce(this.thread.apply(frame)))
    } else if (frame.t === 'error' && frame.code === 'identity_invalid') {
      // They stay the guest they are.
      this.claim = null
      this.tellHost({ t: 'error', d: { code: frame.code } })
    } else if (frame.t === 'typing') {
      const who = (frame.d as { who?: { name?: string } } | undefined)?.who
      this.setTyping(who?.name || texts.value.team)
    }
  }

  private announce(message: ReturnType<Thread['apply']>): void {
    if (!message) return
    this.active.value = true
    if (message.direction === 'in') return
    this.tellHost({ t: 'message', d: { direction: 'in' } })
    this.setTyping(null)
    const body = message.text || message.media?.[0]?.file_name || texts.value.file
    this.announcement.value = `${message.sender.name ?? texts.value.team}: ${body}`
  }

  private setTyping(name: string | null): void {
    clearTimeout(this.typingEnds)
    this.typing.value = name
    if (name) this.typingEnds = setTimeout(() => (this.typing.value = null), typingLasts)
  }

  private update(change: () => void): void {
    change()
    this.items.value = this.thread.list()
    // Its echo is as good as the acknowledgement that got lost.
    for (const { client_id } of this.outbox.waiting()) if (this.thread.stored(client_id)) this.outbox.remove(client_id)
  }

  /** Tells the server what arrived, and what was looked at while the panel is open and the page visible. */
  private report(): void {
    const items = this.items.value
    const last = upto(items)
    const attentive = this.attentive.value
    if (!last || this.state.value !== 'online') return
    const tell = (t: string, told: Seen): void => {
      if ((told[last.conversation] ?? 0) >= last.seq) return
      told[last.conversation] = last.seq
      this.socket.post(t, { upto: last.seq })
    }
    tell('message.ack', this.received)
    if (!attentive) return
    tell('message.seen', this.reported)
    if (countUnread(items, this.seen.peek())) {
      this.seen.value = newest(items)
      this.storage.set('seen', this.seen.value)
    }
  }

  private forget(): void {
    this.token.value = null
    this.storage.set('token', null)
    this.cursor = null
    this.active.value = false
    this.update(() => this.thread.replace([]))
  }

  private followOtherTabs(): void {
    this.storage.watch('seen', () => (this.seen.value = this.storage.get<Seen>('seen') ?? {}))
    this.storage.watch('token', () => {
      const token = this.storage.get<string>('token')
      if (token === this.token.value) return
      // Another tab logged out.
      if (!token) return this.leave()
      this.forget()
      this.storage.set('token', token)
      this.token.value = token
      this.socket.restart()
    })
    this.storage.watch('outbox', () => {
      const waiting = this.outbox.waiting()
      const ids = new Set(waiting.map((out) => out.client_id))
      this.update(() => {
        for (const item of this.thread.list()) {
          if (item.kind === 'bubble' && item.tick === 'queued' && !ids.has(item.key)) this.thread.drop(item.key)
        }
        for (const out of waiting) this.thread.queue(out)
      })
      // The tab that wrote it may be gone: after a moment this one sends it too, which is harmless.
      if (waiting.length && this.state.value === 'online') setTimeout(() => this.outbox.resume(), 3000)
    })
  }

  private followPage(): void {
    document.addEventListener('visibilitychange', () => {
      this.visible.value = !document.hidden
      if (!document.hidden) this.socket.nudge()
    })
    window.addEventListener('online', () => this.socket.nudge())
    window.addEventListener('focus', () => this.socket.nudge())
  }
}
