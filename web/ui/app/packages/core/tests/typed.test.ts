import { describe, expect, it } from 'vitest'
import { DIALS, international, looks_like_number, matching, mention_at, mentioned, read_phone, fill, unfilled } from '..'

const SOME = [
  { country: 'GB', code: '44' },
  { country: 'JE', code: '44' },
  { country: 'US', code: '1' },
  { country: 'DE', code: '49' },
  { country: 'IE', code: '353' },
]

describe('S4-09: a number beside a country', () => {
  it('a pasted international number chooses the country', () => {
    expect(read_phone('+44 7400 123456', SOME, 'DE')).toEqual({ country: 'GB', national: '7400123456' })
    expect(read_phone('00353 86 123 4567', SOME, 'GB')).toEqual({ country: 'IE', national: '861234567' })
  })
  it('of two countries with one code the chosen one stays', () => {
    expect(read_phone('+447700900000', SOME, 'JE').country).toBe('JE')
  })
  it('the table knows every country once, and the largest of a shared code', () => {
    expect(new Set(DIALS.map((one) => one.country)).size).toBe(DIALS.length)
    const country = (text: string) => read_phone(text, DIALS, 'DE').country
    expect([country('+44 20 7946 0000'), country('+1 212 555 0100'), country('+1 876 555 0100'), country('+7 495 1234567'), country('+353861234567')]).toEqual([
      'GB', 'US', 'JM', 'RU', 'IE',
    ])
    expect(DIALS.every(({ code }) => /^[1-9]\d{0,3}$/.test(code))).toBe(true)
  })
  it('plain and unknown numbers stay as they are', () => {
    expect(read_phone('07400 12', SOME, 'GB')).toEqual({ country: null, national: '07400 12' })
    expect(read_phone('+999 1', SOME, 'GB')).toEqual({ country: null, national: '+999 1' })
  })
  it('is sent without leading zeros', () => {
    expect(international('44', '07400 123456')).toBe('+447400123456')
    expect([looks_like_number('+447400123456'), looks_like_number('+44'), looks_like_number('')]).toEqual([true, false, false])
  })
})

describe('H-08: names in notes', () => {
  const people = [
    { id: '1', name: 'Ann Lee' },
    { id: '2', name: 'Ann' },
    { id: '3', name: 'José Núñez' },
  ]
  it('finds what is being written behind the @', () => {
    expect(mention_at('ask @jo', 7)).toEqual({ start: 4, query: 'jo' })
    expect(mention_at('@', 1)).toEqual({ start: 0, query: '' })
    expect(mention_at('mail bob@shop', 13)).toBeNull()
    expect(mention_at('@Ann Lee please look', 20)).toBeNull()
  })
  it('offers people by the beginning of any word, without accents', () => {
    expect(matching(people, 'nun').map((one) => one.id)).toEqual(['3'])
    expect(matching(people, '').length).toBe(3)
  })
  it('reads who is meant in the end', () => {
    expect(mentioned('@Ann Lee and @José Núñez, please', people).sort()).toEqual(['1', '3'])
    expect(mentioned('@Ann: thanks', people)).toEqual(['2'])
    expect(mentioned('@Annabel', people)).toEqual([])
  })
})

describe('S2-05: placeholders of saved replies', () => {
  const known = { contact: { name: 'Jo van Dyk' }, user: { first_name: 'Ann' }, business: 'Harbour' }

  it('are filled from what is known', () => {
    expect(fill('Hi [contact-firstname] [contact-lastname], [agent-firstname] of [business-name]', known)).toBe('Hi Jo van Dyk, Ann of Harbour')
  })
  it('stay and are told when nothing is known', () => {
    const text = fill('[contact-company] for [contact-firstname], [contact-company]', known)
    expect(unfilled(text)).toEqual(['[contact-company]'])
    expect(fill('[contact-firstname]', { ...known, contact: { name: '+44740', name_is_placeholder: true } })).toBe('[contact-firstname]')
  })
  it('other brackets are text', () => {
    expect(unfilled('[sic] [order-number] [1-2]')).toEqual([])
  })
})
