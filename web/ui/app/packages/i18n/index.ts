// The dictionary in use. One language today; a second one is added by an object that satisfies `Messages`.

import { en, type Messages } from './en'

export type { Messages }
export const t: Messages = en

/** Codes whose detail from the server says more than a fixed sentence: a name, a field, a limit. */
const TELLING = new Set(['validation', 'already_assigned', 'rate_limited', 'media_too_large', 'media_type_unsupported'])

/** What happened and what to do about it, for an error code of the API. */
export function error_text(code: string, detail?: string | null): string {
  if (TELLING.has(code) && detail) return in_words(detail)
  return t.errors[code] ?? (detail || t.errors.internal!)
}

/** A refusal that begins with the name of a field, such as "text: is too long", without that name. */
function in_words(detail: string): string {
  const [, field, rest] = /^([a-z][a-z0-9_.]*): (.+)$/s.exec(detail) ?? []
  if (!field || !rest) return detail
  const name = t.fields[field] ?? field.charAt(0).toUpperCase() + field.slice(1).replace(/[_.]/g, ' ')
  return /^(is|are|must|may|has|cannot|does|do) /.test(rest) ? `${name} ${rest}` : `${name}: ${rest}`
}
