// The outbox: order, one send at a time per conversation, nothing lost over a reload, refusals, drafts.

import { beforeEach, describe, expect, it } from 'vitest'
import { Drafts, may_help_again, MemoryStore, Outbox, RequestError, type Pending } from '@switchboard/core'

let store: MemoryStore
let calls: { item: Pending; resolve: () => void; reject: (error: Error) => void }[]
let later: (() => void)[]

beforeEach(() => {
  store = new MemoryStore()
  calls = []
  later = []
})

const make = () =>
  new Outbox(
    store,
    'u',
    (item) => new Promise<void>((resolve, reject) => calls.push({ item, resolve, reject })),
    () => undefined,
    (run) => later.push(run),
  )
const add = (outbox: Outbox, client_id: string, conversation_id = '1') =>
  outbox.add({ client_id, conversation_id, text: client_id, media: [], at: `2026-01-05T10:00:0${client_id.slice(1)}Z` })
const settle = () => new Promise((resume) => setTimeout(resume, 0))
const sent = () => calls.map((call) => call.item.client_id)

describe('trying again', () => {
  it.each([
    ['validation', false],
    ['media_type_unsupported', false],
    ['newer_messages', true],
    ['window_closed', true],
  ])('after %s helps: %s', (code, helps) => {
    const refused: Pending = { client_id: 'a', conversation_id: '1', text: 'Hi', media: [], at: '', state: 'failed', error: { code, detail: '' } }
    expect(may_help_again(refused)).toBe(helps)
  })
})

describe('outbox', () => {
  it('keeps messages while offline and sends them in order afterwards', async () => {
    const outbox = make()
    add(outbox, 'k1')
    add(outbox, 'k2')
    expect(sent()).toEqual([])
    expect(outbox.size).toBe(2)
    outbox.set_online(true)
    expect(sent()).toEqual(['k1'])
    calls[0]!.resolve()
    await settle()
    expect(sent()).toEqual(['k1', 'k2'])
  })

  it('does not let one conversation hold up another', () => {
    const outbox = make()
    outbox.set_online(true)
    add(outbox, 'k1', '1')
    add(outbox, 'k2', '1')
    add(outbox, 'k3', '2')
    expect(sent()).toEqual(['k1', 'k3'])
  })

  it('sends again under the same client_id when the answer was lost', async () => {
    const outbox = make()
    outbox.set_online(true)
    add(outbox, 'k1')
    outbox.set_online(false)
    calls[0]!.reject(new RequestError('connection_lost'))
    await settle()
    outbox.set_online(true)
    expect(sent()).toEqual(['k1', 'k1'])
  })

  it('survives a reload, also in the middle of sending', () => {
    const first = make()
    first.set_online(true)
    add(first, 'k1')
    add(first, 'k2')
    const second = make()
    expect(second.of('1').map((item) => [item.client_id, item.state])).toEqual([
      ['k1', 'waiting'],
      ['k2', 'waiting'],
    ])
  })

  it('forgets a message once the server has it', async () => {
    const outbox = make()
    outbox.set_online(true)
    add(outbox, 'k1')
    calls[0]!.resolve()
    await settle()
    expect(store.keys('')).toEqual([])
    expect(outbox.of('1')[0]?.state).toBe('accepted')
    outbox.confirm('k1')
    expect(outbox.of('1')).toEqual([])
  })

  it('keeps a refused message with its reason until it is repeated or discarded', async () => {
    const outbox = make()
    outbox.set_online(true)
    add(outbox, 'k1')
    add(outbox, 'k2')
    calls[0]!.reject(new RequestError('window_closed', 'closed'))
    await settle()
    expect(outbox.of('1')[0]).toMatchObject({ state: 'failed', error: { code: 'window_closed' } })
    expect(sent()).toEqual(['k1', 'k2'])
    outbox.discard('k1')
    expect(outbox.of('1').map((item) => item.client_id)).toEqual(['k2'])
  })

  it('waits and repeats when the server is busy', async () => {
    const outbox = make()
    outbox.set_online(true)
    add(outbox, 'k1')
    calls[0]!.reject(new RequestError('overloaded'))
    await settle()
    expect(sent()).toEqual(['k1'])
    later.splice(0).forEach((run) => run())
    expect(sent()).toEqual(['k1', 'k1'])
  })

  it('keeps the messages of two tabs apart', () => {
    add(make(), 'k1')
    add(make(), 'k2')
    expect(make().of('1').map((item) => item.client_id)).toEqual(['k1', 'k2'])
  })
})

describe('drafts', () => {
  it('are kept per conversation and user and go when emptied', () => {
    const drafts = new Drafts(store, 'u')
    drafts.set('1', 'hello')
    expect(drafts.get('1')).toBe('hello')
    expect(drafts.get('2')).toBe('')
    expect(new Drafts(store, 'v').get('1')).toBe('')
    drafts.set('1', '')
    expect(store.keys('')).toEqual([])
  })
})
