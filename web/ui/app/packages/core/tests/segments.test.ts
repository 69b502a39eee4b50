import { describe, expect, it } from 'vitest'
import { segments } from '../segments'

const parts = (text: string) => segments(text).parts

describe('S2-13: parts of a text message', () => {
  it('GSM-7: 160 in one, 153 in each of many', () => {
    expect([parts(''), parts('a'), parts('a'.repeat(160)), parts('a'.repeat(161))]).toEqual([0, 1, 1, 2])
    expect([parts('a'.repeat(306)), parts('a'.repeat(307)), parts('a'.repeat(459)), parts('a'.repeat(460))]).toEqual([2, 3, 3, 4])
    expect(segments('Grüße, Å Ω ¿qué?').encoding).toBe('gsm7')
  })

  it('characters of the extension table count two', () => {
    expect([parts('€'.repeat(80)), parts('€'.repeat(81))]).toEqual([1, 2])
    expect(segments('[€]').units).toBe(6)
  })

  it('a character of the extension table is never parted', () => {
    // 152 + € would end in the middle of it: the part stays one short, and 306 places no longer fit in two parts.
    expect(parts('a'.repeat(306))).toBe(2)
    expect(parts(`${'a'.repeat(152)}€${'a'.repeat(152)}`)).toBe(3)
  })

  it('one other character turns the whole text into UCS-2: 70 in one, 67 in each of many', () => {
    expect(segments('ok ✓').encoding).toBe('ucs2')
    expect([parts('я'.repeat(70)), parts('я'.repeat(71)), parts('я'.repeat(134)), parts('я'.repeat(135))]).toEqual([1, 2, 2, 3])
    // 69 letters and an emoji of two units are 71.
    expect(parts(`${'a'.repeat(69)}🙂`)).toBe(2)
    expect(parts(`${'a'.repeat(68)}🙂`)).toBe(1)
  })

  it('an emoji is never parted', () => {
    expect(parts(`${'я'.repeat(66)}🙂${'я'.repeat(66)}`)).toBe(3)
  })

  it('says what is left of the last part', () => {
    expect([segments('').left, segments('abc').left, segments('a'.repeat(161)).left]).toEqual([160, 157, 145])
  })
})
