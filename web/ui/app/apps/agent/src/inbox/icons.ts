// The lists that are offered, and one icon for each: the same in the menu, in empty lists and in the palette.

import { VIEWS, type Listing } from '@switchboard/core'
import { built } from '../built'

const FIRST: readonly string[] = ['team', 'mine', 'unassigned', 'closed', 'all']

export const SHOWN_VIEWS = VIEWS.filter((one) => built.life || FIRST.includes(one))

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
