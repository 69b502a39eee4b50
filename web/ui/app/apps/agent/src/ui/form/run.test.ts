// A button's work: asked, called, said, loaded again, in this order, once.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '../../api'
import { asked } from '../confirm'
import { useRun } from './run'

const log = vi.hoisted(() => [] as string[])
vi.mock('../../notify', () => ({
  describe: (error: unknown) => `described ${String(error)}`,
  useNotify: () => ({ done: (text: string) => log.push(`done ${text}`), say: (text: string) => log.push(`say ${text}`) }),
}))

const load = async () => void log.push('load')
const call = async () => {
  log.push('call')
  return 7
}
const refuse = async () => {
  log.push('call')
  throw new ApiError(409, 'nobody_knows_this_code', 'It is in use')
}
const ask = { title: 'Sure?', text: 'It is gone for ever.', action: 'Delete' }

beforeEach(() => void log.splice(0))

describe('a button', () => {
  it('calls, says it, loads, and has the answer', async () => {
    expect(await useRun(load).run({ call, done: 'Deleted' })).toBe(7)
    expect(log).toEqual(['call', 'done Deleted', 'load'])
  })

  it('says nothing where nothing is to be said', async () => {
    expect(await useRun().run({ call })).toBe(7)
    expect(log).toEqual(['call'])
  })

  it('says why it was refused, and loads what is there now', async () => {
    expect(await useRun(load).run({ call: refuse, done: 'Deleted' })).toBeUndefined()
    expect(log).toEqual(['call', 'say It is in use', 'load'])
  })

  it('waits for the answer to its question', async () => {
    const { run } = useRun(load)
    const first = run({ call, ask, done: 'Deleted' })
    expect(log).toEqual([])
    asked.value!.answer(false)
    expect(await first).toBeUndefined()
    expect(log).toEqual([])
    const second = run({ call, ask, done: 'Deleted' })
    asked.value!.answer(true)
    expect(await second).toBe(7)
    expect(log).toEqual(['call', 'done Deleted', 'load'])
  })

  it('is busy until the page is loaded again, and not while it asks', async () => {
    let loaded = () => {}
    const { busy, run } = useRun(() => new Promise<void>((done) => (loaded = done)))
    const work = run({ call, of: 'one', ask })
    expect(busy.value).toBe('')
    asked.value!.answer(true)
    await vi.waitFor(() => expect(log).toEqual(['call']))
    expect(busy.value).toBe('one')
    await vi.waitFor(() => {
      loaded()
      expect(busy.value).toBe('')
    })
    await work
  })

  it('says it when the page cannot be loaded again; what was done stays done', async () => {
    const { busy, run } = useRun(refuse)
    expect(await run({ call, of: 'one', done: 'Deleted' })).toBe(7)
    expect(log).toEqual(['call', 'done Deleted', 'call', 'say It is in use'])
    expect(busy.value).toBe('')
  })

  it('is not busy after a failure', async () => {
    const { busy, run } = useRun(load)
    await run({ call: refuse, of: 'one' })
    expect(busy.value).toBe('')
  })

  it('leaves another’s wheel turning', async () => {
    const { busy, run } = useRun()
    let answer = () => {}
    const slow = run({ of: 'slow', call: () => new Promise<void>((done) => (answer = done)) })
    const meanwhile = async () => {
      answer()
      await slow
      expect(busy.value).toBe('other')
      return true
    }
    expect(await run({ of: 'other', call: meanwhile })).toBe(true)
    expect(busy.value).toBe('')
  })
})
