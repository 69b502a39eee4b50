// The agents' websocket: connects, resumes by cursor, notices silence, waits with jitter, matches answers to requests.
// Framework-free; timers, randomness and the socket itself are injected so that tests can run the clock.

import { CLOSE, type AckFrame, type ClientFrame, type ErrorFrame, type HelloFrame, type ServerFrame } from '@switchboard/protocol'
import { Backoff } from './backoff'

/** `fresh`: read every list again. `live`: nothing was missed. */
export type LinkState = 'off' | 'connecting' | 'live' | 'waiting'

export interface SocketLike {
  send(data: string): void
  close(code?: number, reason?: string): void
  onopen: ((event: unknown) => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
  onerror: ((event: unknown) => void) | null
}

export interface Timers {
  set(run: () => void, ms: number): unknown
  clear(handle: unknown): void
  now(): number
}

export interface SocketHooks {
  /** A frame that is not an answer. */
  frame(frame: ServerFrame): void
  state(state: LinkState): void
  /** Lists must be read again: a first connection, or the server cannot replay what was missed. */
  resync(hello: HelloFrame['d']): void | Promise<void>
  /** The server says that we are signed out. */
  signed_out(): void
  /** A connection ended before `hello`: the browser hides why, so the session should be checked over HTTP. */
  refused(): void
}

export class RequestError extends Error {
  constructor(
    readonly code: string,
    detail?: string | null,
  ) {
    super(detail || code)
  }
}

/** The connection went away before the answer: whether it happened is not known. */
export const CONNECTION_LOST = 'connection_lost'

interface Waiting {
  resolve(d: Record<string, unknown>): void
  reject(error: RequestError): void
  timer: unknown
}

export const SILENCE_MS = 60_000
export const PING_AFTER_MS = 25_000
const REQUEST_MS = 20_000

const system: Timers = {
  set: (run, ms) => setTimeout(run, ms),
  clear: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
  now: () => Date.now(),
}

export class AgentSocket {
  private socket: SocketLike | null = null
  private state: LinkState = 'off'
  private cursor: string | null = null
  private waiting = new Map<string, Waiting>()
  private next_request = 1
  private last_heard = 0
  private heartbeat: unknown = null
  private retry: unknown = null
  private drain_ms: number | null = null
  private resume_request: string | null = null
  private hello: HelloFrame['d'] | null = null

  constructor(
    private readonly open: () => SocketLike,
    private readonly hooks: SocketHooks,
    private readonly timers: Timers = system,
    private readonly backoff = new Backoff(),
  ) {}

  get link(): LinkState {
    return this.state
  }

  start(): void {
    if (this.state === 'off') this.connect()
  }

  stop(): void {
    this.forget_socket(CLOSE.bye)
    this.timers.clear(this.retry)
    this.cursor = null
    this.become('off')
  }

  /** Tries at once instead of waiting: the network came back, or the page became visible. */
  hurry(): void {
    if (this.state === 'waiting') this.connect()
    else if (this.state === 'live') this.check_silence(PING_AFTER_MS / 5)
  }

  /** Sends a frame and waits for its answer. */
  request(frame: ClientFrame): Promise<Record<string, unknown>> {
    if (this.state !== 'live' || !this.socket) return Promise.reject(new RequestError(CONNECTION_LOST))
    return this.ask(frame).answer
  }

  /** Sends a frame nobody waits for; it is dropped when there is no connection. */
  tell(frame: ClientFrame): void {
    if (this.state === 'live') this.socket?.send(JSON.stringify(frame))
  }

  private connect(): void {
    this.timers.clear(this.retry)
    this.become('connecting')
    const socket = this.open()
    this.socket = socket
    this.hello = null
    this.last_heard = this.timers.now()
    socket.onmessage = (event) => {
      if (this.socket === socket && typeof event.data === 'string') this.receive(event.data)
    }
    socket.onclose = (event) => {
      if (this.socket === socket) this.lost(event.code)
    }
    socket.onerror = null
    this.beat()
  }

  private receive(data: string): void {
    this.last_heard = this.timers.now()
    let frame: ServerFrame
    try {
      frame = JSON.parse(data) as ServerFrame
    } catch {
      return
    }
    if (frame === null || typeof frame !== 'object') return
    switch (frame.t) {
      case 'hello':
        return this.greet(frame.d)
      case 'ack':
        return this.answer(frame)
      case 'error':
        return this.refuse(frame)
      case 'resumed':
        if (frame.req === this.resume_request) {
          this.cursor = frame.d.cursor ?? this.cursor
          this.settled()
        }
        return
      case 'resync':
        if (frame.req === this.resume_request) this.read_again()
        return
      case 'server.draining':
        this.drain_ms = frame.d.reconnect_after_ms
        return
    }
    this.hooks.frame(frame)
    if ('cursor' in frame && frame.cursor) this.cursor = frame.cursor
  }

  private greet(hello: HelloFrame['d']): void {
    this.hello = hello
    if (this.cursor === null) {
      // Any frame but `resume` says that we start anew; until then the server holds live frames back.
      this.socket?.send(JSON.stringify({ t: 'ping', req: `p${this.next_request++}` }))
      return this.read_again()
    }
    const { req } = this.ask({ t: 'resume', cursor: this.cursor })
    this.resume_request = req
  }

  /** What the server holds up to this cursor is read over REST; later frames are already arriving. */
  private read_again(): void {
    if (!this.hello) return
    this.cursor = this.hello.cursor
    const hello = this.hello
    this.settled()
    void this.hooks.resync(hello)
  }

  private settled(): void {
    if (this.resume_request) this.drop_request(this.resume_request)
    this.resume_request = null
    this.backoff.reset()
    this.become('live')
  }

  private ask(frame: ClientFrame): { req: string; answer: Promise<Record<string, unknown>> } {
    const req = `r${this.next_request++}`
    const answer = new Promise<Record<string, unknown>>((resolve, reject) => {
      const timer = this.timers.set(() => {
        if (this.drop_request(req)) reject(new RequestError(CONNECTION_LOST))
        // An unanswered request means that the connection is not what it seems.
        this.drop(CLOSE.bye)
      }, REQUEST_MS)
      this.waiting.set(req, { resolve, reject, timer })
    })
    // Whoever does not wait for the answer must not cause an unhandled rejection.
    answer.catch(() => undefined)
    this.socket?.send(JSON.stringify({ ...frame, req }))
    return { req, answer }
  }

  private drop_request(req: string): Waiting | undefined {
    const waiting = this.waiting.get(req)
    if (waiting) {
      this.timers.clear(waiting.timer)
      this.waiting.delete(req)
    }
    return waiting
  }

  private answer(frame: AckFrame): void {
    this.drop_request(frame.req)?.resolve(frame.d ?? {})
  }

  private refuse(frame: ErrorFrame): void {
    if (!frame.req) return
    if (frame.req === this.resume_request) return this.read_again()
    this.drop_request(frame.req)?.reject(new RequestError(frame.code, frame.detail))
  }

  private beat(): void {
    this.timers.clear(this.heartbeat)
    this.heartbeat = this.timers.set(() => {
      if (!this.check_silence(PING_AFTER_MS)) this.beat()
    }, 5_000)
  }

  /** Browsers hide the server's pings, so we send our own when it is quiet. True when the socket was given up. */
  private check_silence(ping_after: number): boolean {
    const silent = this.timers.now() - this.last_heard
    if (silent >= SILENCE_MS) {
      this.drop(CLOSE.bye)
      return true
    }
    if (silent >= ping_after && this.state === 'live') {
      this.socket?.send(JSON.stringify({ t: 'ping', req: `p${this.next_request++}` }))
    }
    return false
  }

  /** Gives a socket up without waiting for its closing handshake. */
  private drop(code: number): void {
    if (!this.socket) return
    this.forget_socket(code)
    this.wait_and_retry()
  }

  private lost(code: number): void {
    const greeted = this.hello !== null
    this.forget_socket()
    if (code === CLOSE.signed_out) {
      this.become('off')
      this.cursor = null
      this.hooks.signed_out()
      return
    }
    if (!greeted || code === CLOSE.not_allowed) this.hooks.refused()
    if (this.state !== 'off') this.wait_and_retry()
  }

  private wait_and_retry(): void {
    const wait = this.drain_ms ?? this.backoff.next()
    this.drain_ms = null
    this.become('waiting')
    this.timers.clear(this.retry)
    this.retry = this.timers.set(() => this.connect(), wait)
  }

  private forget_socket(code?: number): void {
    const socket = this.socket
    this.socket = null
    this.resume_request = null
    this.timers.clear(this.heartbeat)
    if (socket) {
      socket.onmessage = null
      socket.onclose = null
      if (code !== undefined) {
        try {
          socket.close(code)
        } catch {
          // A socket that never opened cannot be closed with a code.
        }
      }
    }
    const waiting = [...this.waiting.values()]
    this.waiting.clear()
    for (const one of waiting) {
      this.timers.clear(one.timer)
      one.reject(new RequestError(CONNECTION_LOST))
    }
  }

  private become(state: LinkState): void {
    if (this.state === state) return
    this.state = state
    this.hooks.state(state)
  }
}
