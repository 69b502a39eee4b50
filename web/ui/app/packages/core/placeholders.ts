// Placeholders of saved replies, such as [contact-firstname]: filled from what is known, what stays is marked.

import type { Contact, User } from '@switchboard/protocol'

const PLACEHOLDER = /\[(contact-firstname|contact-lastname|contact-company|business-name|agent-firstname)\]/g

export interface Known {
  contact: Pick<Contact, 'name' | 'name_is_placeholder'>
  user: Pick<User, 'first_name'>
  business: string
}

export function fill(text: string, { contact, user, business }: Known): string {
  const [first = '', ...rest] = contact.name_is_placeholder ? [] : contact.name.trim().split(/\s+/)
  const values: Record<string, string> = {
    'contact-firstname': first,
    'contact-lastname': rest.join(' '),
    'business-name': business,
    'agent-firstname': user.first_name,
  }
  return text.replace(PLACEHOLDER, (whole, name: string) => values[name] || whole)
}

/** What nobody has filled in yet, without repeats. */
export function unfilled(text: string): string[] {
  return [...new Set([...text.matchAll(PLACEHOLDER)].map((match) => match[0]))]
}
