// The business: what it is called, its rules, its hours, and the record of who did what.

import type { components } from '@switchboard/api'
import { ask, rest } from '../rest'
import { hours_of, type Hours } from './groups'

/** The switches; the document knows them as an object only. */
export interface BusinessSettings {
  agents_can_assign: boolean
  agents_assign_admins: boolean
  auto_attend_on_reply: boolean
  allow_conversation_delete: boolean
  reopen_within_hours: number
  hold_outside_hours: boolean
  replies_in_window_go_at_once: boolean
  require_opt_in: boolean
  consent_scope: 'business' | 'sender'
  temporary_passwords: boolean
  visitor_transcripts: boolean
  retention_days: number
}

export type BusinessDetails = Omit<components['schemas']['BusinessDetails'], 'settings'> & { settings: BusinessSettings }
export type AuditEntry = components['schemas']['AuditEntry']

export interface BusinessChanges {
  name?: string
  country?: string
  time_zone?: string
  settings?: Partial<BusinessSettings>
}

export interface AuditFilter {
  action?: string
  actor_id?: string
  group_id?: string
  after?: string
  limit?: number
}

const details = (found: components['schemas']['BusinessDetails']) => found as unknown as BusinessDetails

export const business = {
  get: async () => details((await ask(rest.GET('/api/v1/business'))).business),
  change: async (body: BusinessChanges) => details((await ask(rest.PATCH('/api/v1/business', { body }))).business),
  hours: async () => hours_of(await ask(rest.GET('/api/v1/business/hours'))),
  save_hours: async (hours: Hours) => hours_of(await ask(rest.PUT('/api/v1/business/hours', { body: { hours } }))),
  audit: (query: AuditFilter) => ask(rest.GET('/api/v1/audit', { params: { query } })),
}
