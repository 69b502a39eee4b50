// Messages written but not yet acknowledged. They survive a reload, are shared by the tabs of the visitor, and go out
// one after another: the next leaves when the one before is stored, so the order never changes. Sending one twice is
// harmless, the server knows its `client_id`.
import type { SendAck } from './protocol'
import { Refused } from './socket'
import type { Storage } from './storage'
import type { Outgoing } from './thread'

export interface OutboxEvents {
  send(message: Outgoing): Promise<SendAck>
  acked(client_id: string, ack: SendAck): void
  refused(client_id: string, code: string): void
}

/** Refusals that pass with time; everything else is final. */
const passing = ['rate_limited', 'overloaded', 'storage_full']

export class Outbox {
  private pumping = false
  private paused = true

  constructor(
    private readonly storage: Storage,
    private readonly events: OutboxEvents,
    private readonly wait: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms)),
  ) {}

  waiting(): Outgoing[] {
    return this.storage.get<Outgoing[]>('outbox') ?? []
  }

  add(message: Outgoing): void {
    this.storage.set('outbox', [...this.waiting().filter((m) => m.client_id !== message.client_id), message])
    void this.pump()
  }

  remove(client_id: string): void {
    const rest = this.waiting().filter((m) => m.client_id !== client_id)
    this.storage.set('outbox', rest.length ? rest : null)
  }

  clear(): void {
    this.storage.set('outbox', null)
  }

  /** The connection is there: send what waits. */
  resume(): void {
    this.paused = false
    void this.pump()
  }

  pause(): void {
    this.paused = true
  }

  private async pump(): Promise<void> {
    if (this.pumping) return
    this.pumping = true
    let trouble = 0
    for (let next = this.waiting()[0]; next && !this.paused; next = this.waiting()[0]) {
      const { client_id } = next
      try {
        this.events.acked(client_id, await this.events.send(next))
        trouble = 0
      } catch (error) {
        // Connection lost: it stays queued and goes out after the reconnect.
        if (!(error instanceof Refused)) break
        if (passing.includes(error.code)) {
          await this.wait(Math.min(15_000, 1000 * 2 ** trouble++))
          continue
        }
        this.events.refused(client_id, error.code)
      }
      this.remove(client_id)
    }
    this.pumping = false
  }
}
