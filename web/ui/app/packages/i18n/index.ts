// The dictionary in use. One language today; a second one is added by an object that satisfies `Messages`.

import { en, type Messages } from './en'

export type { Messages }
export const t: Messages = en

/** Codes whose detail from the server says more than a fixed sentence: a name, a field, a limit. */
const TELLING = new Set(['validation', 'already_assigned', 'rate_limited', 'media_too_large'])

/** What happened and what to do about it, for an error code of the API. */
export function error_text(code: string, detail?: string | null): string {
  if (TELLING.has(code) && detail) return detail
  return t.errors[code] ?? (detail || t.errors.internal!)
}
