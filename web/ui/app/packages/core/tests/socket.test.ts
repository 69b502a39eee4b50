// The socket client against a fake socket and a fake clock: resume, resync, silence, back-off, requests.

import { beforeEach, describe, expect, it } from 'vitest'
import { AgentSocket, Backoff, type LinkState, type SocketLike, type Timers } from '@switchboard/core'
import type { ServerFrame } from '@switchboard/protocol'

class FakeSocket implements SocketLike {
  sent: Record<string, unknown>[] = []
  closed: number | undefined
  onopen = null
  onmessage: SocketLike['onmessage'] = null
  onclose: SocketLike['onclose'] = null
  onerror = null
  send(data: string) {
    this.sent.push(JSON.parse(data) as Record<string, unknown>)
  }
  close(code?: number) {
    this.closed = code
  }
  say(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  hello(cursor: string) {
    this.say({ t: 'hello', d: { user: {}, cursor, server_time: '2026-01-05T10:00:00Z' } })
  }
  get last() {
    return this.sent.at(-1)
  }
}

class Clock implements Timers {
  time = 0
  private jobs: { at: number; run: () => void; id: number }[] = []
  private id = 0
  set(run: () => void, ms: number) {
    this.id += 1
    this.jobs.push({ at: this.time + ms, run, id: this.id })
    return this.id
  }
  clear(handle: unknown) {
    this.jobs = this.jobs.filter((job) => job.id !== handle)
  }
  now() {
    return this.time
  }
  pass(ms: number) {
    const end = this.time + ms
    for (;;) {
      const next = this.jobs.filter((job) => job.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.time = next.at
      this.clear(next.id)
      next.run()
    }
    this.time = end
  }
}

let sockets: FakeSocket[]
let clock: Clock
let states: LinkState[]
let frames: ServerFrame[]
let resyncs: string[]
let ends: string[]
let socket: AgentSocket

beforeEach(() => {
  sockets = []
  states = []
  frames = []
  resyncs = []
  ends = []
  clock = new Clock()
  socket = new AgentSocket(
    () => {
      const fake = new FakeSocket()
      sockets.push(fake)
      return fake
    },
    {
      frame: (frame) => frames.push(frame),
      state: (state) => states.push(state),
      resync: (hello) => void resyncs.push(hello.cursor),
      signed_out: () => ends.push('signed_out'),
      refused: () => ends.push('refused'),
    },
    clock,
    new Backoff({ random: () => 1 }),
  )
  socket.start()
})

const current = () => sockets.at(-1)!
const entry = (seq: number) => ({ t: 'conversation.closed', conversation_id: '1', seq, at: '', d: {}, cursor: `c${seq}` })

describe('connecting', () => {
  it('reads everything once after the first hello', () => {
    current().hello('c5')
    expect(resyncs).toEqual(['c5'])
    expect(states).toEqual(['connecting', 'live'])
    // A frame that is not `resume` tells the server to let live frames through.
    expect(current().sent).toMatchObject([{ t: 'ping' }])
  })

  it('resumes from the cursor of the last frame and is live after the replay', () => {
    current().hello('c5')
    current().say(entry(6))
    current().onclose?.({ code: 1006 })
    clock.pass(500)
    current().hello('c9')
    expect(current().last).toMatchObject({ t: 'resume', cursor: 'c6' })
    expect(socket.link).toBe('connecting')
    current().say(entry(7))
    current().say({ t: 'resumed', req: current().last!.req, d: { frames: 1, cursor: 'c9' } })
    expect(socket.link).toBe('live')
    expect(frames).toHaveLength(2)
    expect(resyncs).toEqual(['c5'])
    current().onclose?.({ code: 1006 })
    clock.pass(500)
    current().hello('c9')
    expect(current().last).toMatchObject({ cursor: 'c9' })
  })

  it('reads everything again when the server cannot replay', () => {
    current().hello('c5')
    current().onclose?.({ code: 4008 })
    clock.pass(500)
    current().hello('c900')
    current().say({ t: 'resync', req: current().last!.req })
    expect(resyncs).toEqual(['c5', 'c900'])
    expect(socket.link).toBe('live')
  })

  it('ignores frames it does not know and bytes that are not JSON', () => {
    current().hello('c1')
    current().say({ t: 'something.new', d: 1 })
    current().onmessage?.({ data: '{' })
    current().onmessage?.({ data: 'null' })
    expect(socket.link).toBe('live')
  })
})

describe('losing the connection', () => {
  it('waits longer each time, up to 15 s, and starts over once it is live', () => {
    const waits: number[] = []
    for (let n = 0; n < 7; n += 1) {
      current().onclose?.({ code: 1006 })
      const before = sockets.length
      let waited = 0
      while (sockets.length === before) {
        clock.pass(100)
        waited += 100
      }
      waits.push(waited)
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000])
    current().hello('c1')
    current().onclose?.({ code: 1006 })
    clock.pass(500)
    expect(sockets).toHaveLength(9)
  })

  it('waits as long as a restarting server asks', () => {
    current().hello('c1')
    current().say({ t: 'server.draining', d: { reconnect_after_ms: 4_200 } })
    current().onclose?.({ code: 1012 })
    clock.pass(4_100)
    expect(sockets).toHaveLength(1)
    clock.pass(100)
    expect(sockets).toHaveLength(2)
  })

  it('pings when it is quiet and gives up after a minute of silence', () => {
    current().hello('c1')
    clock.pass(30_000)
    expect(current().last).toMatchObject({ t: 'ping' })
    clock.pass(31_000)
    expect(sockets[0]!.closed).toBe(1000)
    expect(sockets.length).toBeGreaterThan(1)
  })

  it('stays while the pings are answered', () => {
    current().hello('c1')
    for (let n = 0; n < 20; n += 1) {
      clock.pass(10_000)
      const ping = current().last
      if (ping) current().say({ t: 'ack', req: ping.req, d: {} })
    }
    expect(sockets).toHaveLength(1)
  })

  it('tries at once when told that the network is back', () => {
    current().onclose?.({ code: 1006 })
    socket.hurry()
    expect(sockets).toHaveLength(2)
  })

  it('does not come back after signing out', () => {
    current().hello('c1')
    current().onclose?.({ code: 4001 })
    clock.pass(60_000)
    expect(sockets).toHaveLength(1)
    expect(ends).toEqual(['signed_out'])
    expect(socket.link).toBe('off')
  })

  it('says so when a connection ends before hello', () => {
    current().onclose?.({ code: 1006 })
    expect(ends).toEqual(['refused'])
  })

  it('is quiet after stop', () => {
    current().hello('c1')
    socket.stop()
    clock.pass(120_000)
    expect(sockets).toHaveLength(1)
    expect(socket.link).toBe('off')
  })
})

describe('requests', () => {
  it('matches answers and refusals by req', async () => {
    current().hello('c1')
    const good = socket.request({ t: 'read.mark', conversation_id: '1', upto: 3 })
    const bad = socket.request({ t: 'message.send', conversation_id: '1', client_id: 'x', text: 'hi' })
    const [first, second] = current().sent.slice(-2)
    current().say({ t: 'error', req: second!.req, code: 'window_closed', detail: 'no' })
    current().say({ t: 'ack', req: first!.req, d: { last_read_seq: 3 } })
    await expect(good).resolves.toEqual({ last_read_seq: 3 })
    await expect(bad).rejects.toMatchObject({ code: 'window_closed' })
  })

  it('fails what is under way when the connection goes', async () => {
    current().hello('c1')
    const open = socket.request({ t: 'ping' })
    current().onclose?.({ code: 1006 })
    await expect(open).rejects.toMatchObject({ code: 'connection_lost' })
    await expect(socket.request({ t: 'ping' })).rejects.toMatchObject({ code: 'connection_lost' })
  })
})
