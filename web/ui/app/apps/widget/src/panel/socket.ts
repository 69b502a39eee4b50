// The visitor's websocket: opens a session, resumes by cursor, notices a dead line, comes back with full jitter.
import { Backoff } from '../../../../packages/core/backoff'
import type { Frame, Hello } from './protocol'

export type State = 'idle' | 'connecting' | 'online' | 'waiting' | 'refused'

/** The server said no, with a stable code. */
export class Refused extends Error {
  constructor(readonly code: string) {
    super(code)
  }
}

export interface SocketEvents {
  /** Asked on every (re)connect: who are we, and what did we see last. */
  session(): { token: string | null; cursor: string | null; identity?: unknown; hmac?: string }
  hello(hello: Hello): void
  frame(frame: Frame): void
  state(state: State): void
  /** The token is not ours (any more). */
  forget(): void
}

const silence = 60_000
const ping = 25_000
const answer = 20_000

interface Waiting {
  done(d: unknown): void
  fail(error: Error): void
  timer: ReturnType<typeof setTimeout>
}

export class VisitorSocket {
  private socket: WebSocket | null = null
  private state: State = 'idle'
  private readonly pace = new Backoff()
  private counter = 0
  private heard = 0
  private drain: number | null = null
  private deadline = silence
  /** The server did not know the token of this connection. */
  private unknown = false
  private retry?: ReturnType<typeof setTimeout>
  private pulse?: ReturnType<typeof setInterval>
  private waiting = new Map<string, Waiting>()

  constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly events: SocketEvents,
  ) {}

  connect(): void {
    if (this.socket || this.state === 'refused') return
    clearTimeout(this.retry)
    this.to('connecting')
    this.unknown = false
    const socket = new WebSocket(this.url)
    this.socket = socket
    this.heard = Date.now()
    this.deadline = silence
    socket.onopen = () => {
      const d = { widget_key: this.key, ...this.events.session(), name: null, email: null }
      this.request('session.start', d).then(
        (hello) => {
          this.pace.reset()
          this.to('online')
          this.events.hello(hello as Hello)
        },
        (error: unknown) => {
          if (error instanceof Refused && error.code === 'token_invalid') this.forget()
        },
      )
    }
    socket.onmessage = (event) => {
      if (socket === this.socket) this.receive(event.data as string)
    }
    socket.onclose = (event) => {
      if (socket === this.socket) this.lost(event.code)
    }
    this.pulse = setInterval(() => this.check(), 5000)
  }

  /** The network is back or the page is looked at again: do not wait out the back-off, and do not trust a silent line. */
  nudge(): void {
    if (this.state === 'waiting') this.connect()
    else if (this.state === 'online' && Date.now() - this.heard > 5000) {
      this.deadline = Date.now() - this.heard + 5000
      this.post('ping')
    }
  }

  /** Lets go of the line until somebody connects again. */
  stop(): void {
    if (this.socket) this.lost(1000, 0)
    clearTimeout(this.retry)
    this.to('idle')
  }

  /** Starts over, as somebody else or after a forgotten token. */
  restart(): void {
    if (this.socket) this.lost(1000, 0)
    else this.connect()
  }

  /** Sends a frame nobody answers; silently dropped while offline. */
  post(t: string, d: unknown = {}): void {
    if (this.state === 'online') this.write({ t, ...(t === 'ping' ? { req: `p${++this.counter}` } : {}), d })
  }

  request(t: string, d: unknown): Promise<unknown> {
    const req = `r${++this.counter}`
    return new Promise((done, fail) => {
      if (!this.write({ t, req, d })) return fail(new Error('offline'))
      // No answer is a broken line, whatever the browser thinks of it.
      const timer = setTimeout(() => this.lost(4000), answer)
      this.waiting.set(req, { done, fail, timer })
    })
  }

  private write(frame: unknown): boolean {
    if (this.socket?.readyState !== 1) return false
    this.socket.send(JSON.stringify(frame))
    return true
  }

  private receive(text: string): void {
    this.heard = Date.now()
    this.deadline = silence
    let frame: Frame
    try {
      frame = JSON.parse(text) as Frame
    } catch {
      return
    }
    if (frame.t === 'server.draining')
      this.drain = (frame.d as { reconnect_after_ms?: number } | undefined)?.reconnect_after_ms ?? 1000
    const waiting = frame.req ? this.waiting.get(frame.req) : undefined
    if (frame.req && waiting) {
      this.waiting.delete(frame.req)
      clearTimeout(waiting.timer)
      if (frame.t === 'error') waiting.fail(new Refused(frame.code ?? 'overloaded'))
      else waiting.done(frame.d)
    } else if (frame.t === 'error' && frame.code === 'token_invalid') this.forget()
    else if (frame.t !== 'ack') this.events.frame(frame)
  }

  private forget(): void {
    this.unknown = true
    this.events.forget()
  }

  private check(): void {
    const quiet = Date.now() - this.heard
    if (quiet >= this.deadline) this.lost(4000)
    else if (quiet >= ping) this.post('ping')
  }

  private lost(code: number, delay?: number): void {
    const socket = this.socket
    if (!socket) return
    this.socket = null
    clearInterval(this.pulse)
    for (const { fail, timer } of this.waiting.values()) {
      clearTimeout(timer)
      fail(new Error('offline'))
    }
    this.waiting.clear()
    if (socket.readyState < 2) socket.close()
    // Not about the token: this page may not use the widget.
    if (code === 1008 && !this.unknown) return this.to('refused')
    const wait = delay ?? this.drain ?? this.pace.next()
    this.drain = null
    this.to('waiting')
    this.retry = setTimeout(() => this.connect(), wait)
  }

  private to(state: State): void {
    if (state === this.state) return
    this.state = state
    this.events.state(state)
  }
}
