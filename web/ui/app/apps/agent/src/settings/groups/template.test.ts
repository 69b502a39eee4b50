import { describe, expect, it } from 'vitest'
import { by_name, slot_of, written_slot } from './template'

describe('a registered template', () => {
  it('reads every way a source is written and writes it back the same', () => {
    for (const written of ['contact.first_name', 'text:Spring {{sale}}', 'reference.order', { source: 'contact.company', fallback: 'you' }]) {
      expect(written_slot(slot_of(written))).toEqual(written)
    }
    expect(written_slot(slot_of(undefined))).toBeUndefined()
    expect(written_slot(slot_of('contact.shoe_size'))).toBeUndefined()
  })

  it('stands once with all its languages, but apart on each channel', () => {
    const one = (channel_id: string, name: string, language: string) => ({ channel_id, name, language })
    const found = by_name([one('1', 'b', 'en'), one('1', 'a', 'en'), one('1', 'b', 'de'), one('2', 'b', 'en')])
    expect(found.map(({ name, versions }) => [name, versions.map((version) => version.language).join()])).toEqual([
      ['a', 'en'],
      ['b', 'de,en'],
      ['b', 'en'],
    ])
  })
})
