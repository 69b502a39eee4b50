// How many parts a text message is sent in: GSM-7 when every character fits, else UCS-2.
// A part of a long message is shorter, because it carries a header that says which part it is.

/** Characters of the GSM 03.38 default alphabet; each takes one place. */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
/** Characters of the extension table; each takes two places, which are never parted. */
const EXTENDED = new Set('\f^{}\\[~]|€')

const LIMITS = { gsm7: { one: 160, many: 153 }, ucs2: { one: 70, many: 67 } } as const

/** From this number of parts on, somebody should think about the price. */
export const MANY_PARTS = 3

export interface Segments {
  encoding: 'gsm7' | 'ucs2'
  /** Places taken, in the units of the encoding. */
  units: number
  /** 0 for an empty text. */
  parts: number
  /** Places left in the last part. */
  left: number
}

export function segments(text: string): Segments {
  const letters = [...text]
  const encoding = letters.every((letter) => BASIC.has(letter) || EXTENDED.has(letter)) ? 'gsm7' : 'ucs2'
  const sizes = letters.map((letter) => (encoding === 'ucs2' ? letter.length : EXTENDED.has(letter) ? 2 : 1))
  const units = sizes.reduce((sum, size) => sum + size, 0)
  const { one, many } = LIMITS[encoding]
  if (units <= one) return { encoding, units, parts: units ? 1 : 0, left: one - units }
  let parts = 1
  let used = 0
  for (const size of sizes) {
    if (used + size > many) {
      parts += 1
      used = 0
    }
    used += size
  }
  return { encoding, units, parts, left: many - used }
}
