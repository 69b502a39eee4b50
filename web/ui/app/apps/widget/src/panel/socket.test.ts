// The socket client: session and resume, back-off with full jitter, silence, forgotten tokens, draining.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { VisitorSocket, type State } from './socket'

class FakeSocket {
  static all: FakeSocket[] = []
  readyState = 0
  sent: { t: string; req?: string; d?: Record<string, unknown> }[] = []
  onopen?: () => void
  onmessage?: (event: { data: string }) => void
  onclose?: (event: { code: number }) => void
  constructor(readonly url: string) {
    FakeSocket.all.push(this)
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }
  close(code = 1000): void {
    this.readyState = 3
    this.onclose?.({ code })
  }
  open(): void {
    this.readyState = 1
    this.onopen?.()
  }
  receive(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  async hello(): Promise<void> {
    this.open()
    this.receive({ t: 'hello', req: this.sent[0]?.req, d: { token: 'tok' } })
    await vi.advanceTimersByTimeAsync(0)
  }
}
const last = (): FakeSocket => FakeSocket.all[FakeSocket.all.length - 1]!

function client(session: { token: string | null; cursor: string | null } = { token: null, cursor: null }) {
  const seen = { states: [] as State[], frames: [] as string[], hellos: 0, forgotten: 0 }
  const socket = new VisitorSocket('ws://x/ws/visitor', 'demo', {
    session: () => session,
    hello: () => seen.hellos++,
    frame: (frame) => seen.frames.push(frame.t),
    state: (state) => seen.states.push(state),
    forget: () => {
      seen.forgotten++
      session.token = null
    },
  })
  socket.connect()
  return { socket, seen, session }
}

beforeEach(() => {
  vi.useFakeTimers()
  FakeSocket.all = []
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('visitor socket', () => {
  it('opens the session and resumes with the cursor after a break', async () => {
    const { seen, session } = client()
    await last().hello()
    expect(last().sent[0]).toMatchObject({ t: 'session.start', d: { widget_key: 'demo', token: null, cursor: null } })
    Object.assign(session, { token: 'tok', cursor: '17' })
    last().close(1006)
    await vi.advanceTimersByTimeAsync(250)
    await last().hello()
    expect(last().sent[0]?.d).toMatchObject({ token: 'tok', cursor: '17' })
    expect(seen.states).toEqual(['connecting', 'online', 'waiting', 'connecting', 'online'])
    expect(seen.hellos).toBe(2)
  })

  it('backs off with full jitter from half a second to fifteen', () => {
    client()
    const waits: number[] = []
    for (let i = 0; i < 7; i++) {
      const [before, count] = [Date.now(), FakeSocket.all.length]
      last().close(1006)
      while (FakeSocket.all.length === count) vi.advanceTimersByTime(10)
      waits.push(Date.now() - before)
    }
    // Math.random is half.
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 7500, 7500])
  })

  it('pings a quiet line and gives it up after 60 seconds', async () => {
    client()
    await last().hello()
    await vi.advanceTimersByTimeAsync(30_000)
    expect(last().sent.some((frame) => frame.t === 'ping')).toBe(true)
    expect(FakeSocket.all).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(31_000)
    expect(FakeSocket.all).toHaveLength(2)
  })

  it('stays while it is answered', async () => {
    client()
    await last().hello()
    for (let i = 0; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(20_000)
      last().receive({ t: 'ack', req: 'p1', d: {} })
    }
    expect(FakeSocket.all).toHaveLength(1)
  })

  it('starts again without a token the server does not know', async () => {
    const { seen } = client({ token: 'stale', cursor: null })
    last().open()
    last().receive({ t: 'error', req: last().sent[0]?.req, code: 'token_invalid' })
    await vi.advanceTimersByTimeAsync(0)
    last().close(1008)
    await vi.advanceTimersByTimeAsync(300)
    expect(seen.forgotten).toBeGreaterThan(0)
    last().open()
    expect(last().sent[0]?.d).toMatchObject({ token: null })
  })

  it('stops where the widget is not allowed, and keeps the token', async () => {
    const { seen, socket } = client({ token: 'tok', cursor: null })
    last().open()
    last().close(1008)
    await vi.advanceTimersByTimeAsync(60_000)
    socket.connect()
    expect(seen.states.at(-1)).toBe('refused')
    expect(seen.forgotten).toBe(0)
    expect(FakeSocket.all).toHaveLength(1)
  })

  it('waits as long as a restarting server asks', async () => {
    const { seen } = client()
    await last().hello()
    last().receive({ t: 'server.draining', d: { reconnect_after_ms: 4000 } })
    last().close(1012)
    await vi.advanceTimersByTimeAsync(3900)
    expect(FakeSocket.all).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(200)
    expect(FakeSocket.all).toHaveLength(2)
    expect(seen.frames).toContain('server.draining')
  })

  it('fails what was asked when the line breaks', async () => {
    const { socket } = client()
    await last().hello()
    const asked = expect(socket.request('message.send', {})).rejects.toThrow('offline')
    last().close(1006)
    await asked
  })
})
