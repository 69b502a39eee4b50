// A phone number as it is typed or pasted beside a country: what is sent, and which country it says itself.

export interface Dial {
  country: string
  code: string
}

export interface PhoneInput {
  /** Set when the number began with + or 00 and a known code. */
  country: string | null
  /** What stays in the field. */
  national: string
}

/** Takes "+44 7400 123456" apart; a plain number stays as it is. Of two countries with one code the chosen one stays. */
export function read_phone(text: string, dials: readonly Dial[], chosen: string): PhoneInput {
  const trimmed = text.trim()
  const match = /^(?:\+|00)([\d\s().-]*)$/.exec(trimmed)
  if (!match) return { country: null, national: text }
  const digits = match[1]!.replace(/\D/g, '')
  const fits = dials.filter(({ code }) => digits.startsWith(code)).sort((a, b) => b.code.length - a.code.length)
  const longest = fits.filter(({ code }) => code.length === fits[0]!.code.length)
  const found = longest.find(({ country }) => country === chosen) ?? longest[0]
  return found ? { country: found.country, national: digits.slice(found.code.length) } : { country: null, national: text }
}

/** The number in international form: national digits lose their leading zeros. */
export function international(code: string, national: string): string {
  const digits = national.replace(/\D/g, '').replace(/^0+/, '')
  return digits ? `+${code}${digits}` : ''
}

/** Whether it can be a number at all: E.164 has at most 15 digits, and nobody has fewer than 6. */
export function looks_like_number(number: string): boolean {
  return /^\+\d{7,15}$/.test(number)
}
