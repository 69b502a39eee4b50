import { describe, expect, it } from 'vitest'
import type { Media } from '@switchboard/protocol'
import { length_of, parts_of } from '@switchboard/core'

const file = (id: string, change: Partial<Media> = {}): Media => ({ id, kind: 'image', state: 'ready', size: 1_000, ...change })
const told = (parts: ReturnType<typeof parts_of>) => parts.map(({ text, media }) => [text, media.map(({ id }) => id).join('')])

describe('what is sent as several messages', () => {
  const three = [file('a'), file('b'), file('c')]

  it.each([
    ['whatsapp', 1, [['Hi', 'a'], ['', 'b'], ['', 'c']]],
    ['sms', 10, [['Hi', 'abc']]],
    ['webchat', 10, [['Hi', 'abc']]],
    ['webchat', 2, [['Hi', 'ab'], ['', 'c']]],
  ] as const)('three files on %s, which takes %i', (kind, max, parts) => {
    expect(told(parts_of('Hi', three, kind, max))).toEqual(parts)
  })

  it('is one message without files, and one without text', () => {
    expect(told(parts_of('Hi', [], 'whatsapp', 1))).toEqual([['Hi', '']])
    expect(told(parts_of('', [file('a')], 'whatsapp', 1))).toEqual([['', 'a']])
  })

  it('says first what is too long for a caption, or what a sound cannot carry', () => {
    expect(told(parts_of('x'.repeat(1_025), [file('a')], 'whatsapp', 1))).toEqual([['x'.repeat(1_025), ''], ['', 'a']])
    expect(told(parts_of('Listen', [file('a', { kind: 'audio' })], 'whatsapp', 1))).toEqual([['Listen', ''], ['', 'a']])
    expect(told(parts_of('', [file('a', { kind: 'audio' })], 'whatsapp', 1))).toEqual([['', 'a']])
  })

  it('keeps an MMS below five megabytes', () => {
    const large = ['a', 'b', 'c'].map((id) => file(id, { size: 2_500_000 }))
    expect(told(parts_of('Hi', large, 'sms', 10))).toEqual([['Hi', 'ab'], ['', 'c']])
  })

  it('counts characters as the server does', () => expect(length_of('a🙂')).toBe(2))
})
