// The outbox: order, a lost connection, refusals, and what a reload finds.
import { describe, expect, it } from 'vitest'
import { Outbox } from './outbox'
import { Refused } from './socket'
import type { Storage } from './storage'

function memory(): Storage {
  const kept = new Map<string, string>()
  return {
    get: <T>(name: string) => (kept.has(name) ? (JSON.parse(kept.get(name)!) as T) : null),
    set: (name, value) => void (value === null ? kept.delete(name) : kept.set(name, JSON.stringify(value))),
    watch: () => {},
  }
}

const message = (client_id: string) => ({ client_id, text: client_id, media: [], at: '2026-01-05T10:00:00Z' })
const ack = { message_id: '1', conversation_id: '1', seq: 1, at: '' }
const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 0))

function outbox(storage: Storage, send: (id: string) => Promise<typeof ack>) {
  const log: string[] = []
  const box = new Outbox(
    storage,
    {
      send: ({ client_id }) => {
        log.push(`send ${client_id}`)
        return send(client_id)
      },
      acked: (id) => log.push(`acked ${id}`),
      refused: (id) => log.push(`refused ${id}`),
    },
    async (ms) => void log.push(`wait ${ms}`),
  )
  return { box, log }
}

describe('outbox', () => {
  it('sends nothing before the session is there, then one after another', async () => {
    const { box, log } = outbox(memory(), async () => ack)
    box.add(message('a'))
    box.add(message('b'))
    await settle()
    expect(log).toEqual([])
    box.resume()
    await settle()
    expect(log).toEqual(['send a', 'acked a', 'send b', 'acked b'])
    expect(box.waiting()).toEqual([])
  })

  it('keeps a message whose connection broke and sends it again, with the same id, before the next', async () => {
    let online = false
    const { box, log } = outbox(memory(), async () => {
      if (!online) throw new Error('offline')
      return ack
    })
    box.resume()
    box.add(message('a'))
    box.pause()
    box.add(message('b'))
    await settle()
    online = true
    box.resume()
    await settle()
    expect(log).toEqual(['send a', 'send a', 'acked a', 'send b', 'acked b'])
  })

  it('gives up on a final refusal and goes on', async () => {
    const { box, log } = outbox(memory(), async (id) => {
      if (id === 'a') throw new Refused('invalid')
      return ack
    })
    box.add(message('a'))
    box.add(message('b'))
    box.resume()
    await settle()
    expect(log).toEqual(['send a', 'refused a', 'send b', 'acked b'])
    expect(box.waiting()).toEqual([])
  })

  it('waits longer and longer while the server is busy', async () => {
    let left = 2
    const { box, log } = outbox(memory(), async () => {
      if (left-- > 0) throw new Refused('rate_limited')
      return ack
    })
    box.add(message('a'))
    box.resume()
    await settle()
    expect(log).toEqual(['send a', 'wait 1000', 'send a', 'wait 2000', 'send a', 'acked a'])
  })

  it('is found again after a reload', async () => {
    const storage = memory()
    outbox(storage, async () => ack).box.add(message('a'))
    const { box, log } = outbox(storage, async () => ack)
    expect(box.waiting().map((m) => m.client_id)).toEqual(['a'])
    box.resume()
    await settle()
    expect(log).toEqual(['send a', 'acked a'])
  })
})
