// How an entry of the audit log is put into words.

import { s } from '@switchboard/i18n/settings'
import type { AuditEntry } from '../../calls/business'
import { full_time } from '../../format'

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:/

export const outcome_colour = (outcome: string) => (outcome === 'denied' ? 'error' : 'neutral')

/** Where the conversation of an entry is read; its id says nothing to people. */
export const conversation_of = ({ target }: AuditEntry): string => (target?.kind === 'conversation' && target.id ? `/inbox/all/${target.id}` : '')

/** What it was done to, as far as people call it by a name, and the facts the entry carries. */
export function detail_text(entry: AuditEntry, names: ReadonlyMap<string, string>): string {
  const { kind, id } = entry.target ?? {}
  const named = kind === 'user' && id ? ` ${names.get(id) ?? id}` : ''
  const target = kind && kind !== 'conversation' ? `${s.audit.targets[kind] ?? kind}${named}` : ''
  const facts = Object.entries((entry.detail ?? {}) as Record<string, unknown>)
    .filter(([, value]) => value !== null && value !== '' && typeof value !== 'object')
    .map(([name, value]) => `${name.replaceAll('_', ' ')}: ${worded(value)}`)
  return [target, ...facts].filter(Boolean).join(' · ')
}

function worded(value: unknown): string {
  const text = String(value)
  return MOMENT.test(text) ? full_time(text) : text
}
