// One icon for each list: the same in the menu, in empty lists and in the palette.

import type { Listing } from '@switchboard/core'

export const VIEW_ICONS: Record<Listing['view'], string> = {
  team: 'i-lucide-inbox',
  mine: 'i-lucide-user-check',
  sent: 'i-lucide-send',
  unassigned: 'i-lucide-user-x',
  pending: 'i-lucide-hourglass',
  snoozed: 'i-lucide-alarm-clock',
  closed: 'i-lucide-archive',
  all: 'i-lucide-layers',
  user: 'i-lucide-users',
  deleted: 'i-lucide-trash-2',
}
