// What stands in the side column of settings and account, by what somebody may do.

import { s } from '@switchboard/i18n/settings'
import type { Session } from '@switchboard/protocol'
import { may, own_groups, sees_audit } from '../access'

export interface Section {
  to: string
  label: string
  icon: string
}

export interface Part {
  title: string
  entries: Section[]
}

export function sections_for(session: Session): Part[] {
  const parts: Part[] = [{ title: s.you, entries: account_sections() }]
  const business = business_sections(session)
  if (business.length) parts.push({ title: s.business_part, entries: business })
  return parts
}

function account_sections(): Section[] {
  return [
    { to: '/account/profile', label: s.profile.title, icon: 'i-lucide-user' },
    { to: '/account/security', label: s.security.short, icon: 'i-lucide-shield' },
    { to: '/account/devices', label: s.devices.title, icon: 'i-lucide-monitor-smartphone' },
  ]
}

function business_sections(session: Session): Section[] {
  const found: Section[] = []
  const anywhere = own_groups(session).length > 0
  if (may(session, 'manage_users')) found.push({ to: '/settings/users', label: s.users.title, icon: 'i-lucide-users' })
  if (anywhere || may(session, 'manage_groups')) found.push({ to: '/settings/groups', label: s.groups.title, icon: 'i-lucide-inbox' })
  if (anywhere) found.push({ to: '/settings/channels', label: s.channels.title, icon: 'i-lucide-radio-tower' })
  if (may(session, 'open_settings')) {
    found.push({ to: '/settings/hours', label: s.hours.title, icon: 'i-lucide-clock' })
    found.push({ to: '/settings/business', label: s.business.title, icon: 'i-lucide-store' })
    found.push({ to: '/settings/api', label: s.api.title, icon: 'i-lucide-webhook' })
  }
  if (sees_audit(session)) found.push({ to: '/settings/audit', label: s.audit.title, icon: 'i-lucide-scroll-text' })
  return found
}
