// The dictionary in use. One language today; a second one is added by an object that satisfies `Messages`.

import { en, type Messages } from './en'

export type { Messages }
export const t: Messages = en

/** The text for an error code: what the server says if we do not know the code. */
export function error_text(code: string, detail?: string | null): string {
  if (code === 'validation' && detail) return detail
  return t.errors[code] ?? (detail || t.errors.internal!)
}
