// @names in private notes: which name is being written, and who is meant in the end.

import type { Id } from '@switchboard/protocol'

export interface Person {
  id: Id
  name: string
}

/** What stands between the last @ and the cursor, if that can be a name. */
export function mention_at(text: string, cursor: number): { start: number; query: string } | null {
  const found = /(?:^|[\s(])@([\p{L}\p{N}'’-]*(?: [\p{L}\p{N}'’-]*)?)$/u.exec(text.slice(0, cursor))
  if (!found) return null
  const query = found[1]!
  return { start: cursor - query.length - 1, query }
}

/** People whose name has a word that begins like the query. */
export function matching(people: readonly Person[], query: string): Person[] {
  const wanted = plain(query)
  return people.filter(({ name }) => plain(name).startsWith(wanted) || plain(name).split(' ').some((word) => word.startsWith(wanted)))
}

/** Everybody whose whole name stands behind an @. The longest name wins: "@Ann Lee" is not Ann. */
export function mentioned(text: string, people: readonly Person[]): Id[] {
  let rest = text
  const ids: Id[] = []
  for (const { id, name } of [...people].sort((a, b) => b.name.length - a.name.length)) {
    const whole = new RegExp(`@${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'gu')
    if (!whole.test(rest)) continue
    ids.push(id)
    rest = rest.replace(whole, '')
  }
  return ids
}

/** Small letters without accents. */
export function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}
