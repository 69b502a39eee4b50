// How a customer is called on the screen: the team's name for them, else the name they gave themselves as "~Robin", else their number.

import type { Contact } from '@switchboard/protocol'
import { DIALS } from './dial_codes'

type Known = Pick<Contact, 'name' | 'name_is_placeholder' | 'profile_name' | 'phone'>

const CODES = new Set(DIALS.map(({ code }) => code))
const LONGEST_CODE = 4

/** "+447400123456" as "+44 7400 123456"; whatever else stays as it is. */
export function spaced(phone: string): string {
  if (!/^\+\d{6,15}$/.test(phone)) return phone
  const digits = phone.slice(1)
  for (let length = LONGEST_CODE; length > 0; length--) {
    const code = digits.slice(0, length)
    if (CODES.has(code)) return `+${code} ${groups(digits.slice(length), code).join(' ')}`
  }
  return phone
}

function groups(national: string, code: string): string[] {
  if (national.length === 10) return code === '44' ? [national.slice(0, 4), national.slice(4)] : [national.slice(0, 3), national.slice(3, 6), national.slice(6)]
  return national.match(/\d{3}(?=\d{2})|\d+/g) ?? [national]
}

export function shown_name({ name, name_is_placeholder, profile_name, phone }: Known): string {
  if (name_is_placeholder && profile_name) return `~${profile_name}`
  return name === phone ? spaced(name) : name
}

/** Whether anybody, themselves included, gave them a name. */
export const is_named = ({ name_is_placeholder, profile_name }: Known): boolean => !name_is_placeholder || !!profile_name

/** Their number, where the name does not say it already. */
export const shown_number = (contact: Known): string => {
  const number = contact.phone ? spaced(contact.phone) : ''
  return number === shown_name(contact) ? '' : number
}
