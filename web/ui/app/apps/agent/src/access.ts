// What the signed-in person may do, as the session says it. The server decides; this only spares people dead ends.

import type { Group, Session } from '@switchboard/protocol'

/** Operations these pages ask about; the names are the server's. */
export type Operation =
  | 'open_settings'
  | 'manage_users'
  | 'grant_group_admin'
  | 'manage_groups'
  | 'view_team'
  | 'change_team'
  | 'manage_channels'
  | 'set_up_group'
  | 'manage_templates'
  | 'see_audit'

const IN_A_GROUP: readonly Operation[] = ['change_team', 'manage_channels', 'set_up_group', 'manage_templates']

export const may = (session: Session | null, operation: Operation): boolean => !!session?.permissions?.includes(operation)

export const may_in = (group: Group | undefined, operation: Operation): boolean => !!group?.permissions?.includes(operation)

/** In the whole business, or in one of their groups. */
export const may_somewhere = (session: Session | null, operation: string): boolean =>
  [session?.permissions, ...(session?.groups ?? []).map((group) => group.permissions)].some((list) => list?.includes(operation))

/** Groups in which something can be set up. */
export const own_groups = (session: Session | null): Group[] =>
  (session?.groups ?? []).filter((group) => IN_A_GROUP.some((operation) => may_in(group, operation)))

/** Whether there is anything for them under Settings besides their own account. */
export const has_settings = (session: Session | null): boolean => may(session, 'open_settings') || own_groups(session).length > 0

export const sees_audit = (session: Session | null): boolean =>
  may(session, 'see_audit') || !!session?.groups.some((group) => may_in(group, 'see_audit'))
