// How an entry of the audit log is put into words.

import { s } from '@switchboard/i18n/settings'
import type { AuditEntry } from '../../calls/business'

export const outcome_colour = (outcome: string) => (outcome === 'denied' ? 'error' : 'neutral')

/** What it was done to, and the facts the entry carries. */
export function detail_text(entry: AuditEntry): string {
  const target = entry.target?.kind ? `${s.audit.targets[entry.target.kind] ?? entry.target.kind}${entry.target.id ? ` ${entry.target.id}` : ''}` : ''
  const facts = Object.entries((entry.detail ?? {}) as Record<string, unknown>)
    .filter(([, value]) => value !== null && value !== '' && typeof value !== 'object')
    .map(([name, value]) => `${name.replaceAll('_', ' ')}: ${String(value)}`)
  return [target, ...facts].filter(Boolean).join(' · ')
}
