// A registered template, read for people: its text, its variables, what stands for each.

export interface Part {
  type: string
  format?: string
  text?: string
  buttons?: { type: string; text?: string; url?: string }[]
}

/** The number of the button a variable belongs to, as mappings write it. */
export const button_of = (key: string): string => key.replace(/^button\./, '')

/** Where a value can come from, without the free ones (`reference.KEY`, `text:…`). */
export const SOURCES = ['contact.first_name', 'contact.last_name', 'contact.full_name', 'contact.company', 'business.name', 'agent.first_name'] as const

const upper = (text: string | undefined) => (text ?? '').toUpperCase()

export const part_of = (parts: Part[], type: string): Part | undefined => parts.find((one) => upper(one.type) === type)

export interface Slot {
  kind: (typeof SOURCES)[number] | 'text' | 'reference' | ''
  text: string
  fallback: string
}

/** `"contact.first_name"` or `{"source":…,"fallback":…}`, as the form holds it. */
export function slot_of(written: unknown): Slot {
  const long = typeof written === 'object' && written !== null ? (written as { source?: string; fallback?: string }) : undefined
  const source = typeof written === 'string' ? written : (long?.source ?? '')
  const fallback = long?.fallback ?? ''
  if (source.startsWith('text:')) return { kind: 'text', text: source.slice(5), fallback }
  if (source.startsWith('reference.')) return { kind: 'reference', text: source.slice(10), fallback }
  const known = SOURCES.find((one) => one === source)
  return { kind: known ?? '', text: '', fallback }
}

/** The way back; undefined for a slot nobody filled. */
export function written_slot({ kind, text, fallback }: Slot): unknown {
  if (!kind) return undefined
  const source = kind === 'text' ? `text:${text}` : kind === 'reference' ? `reference.${text.trim()}` : kind
  return fallback.trim() && kind !== 'text' ? { source, fallback: fallback.trim() } : source
}

/** The languages of one template together, in the order of their names. */
export function by_name<T extends { name: string; language: string; channel_id: string }>(list: T[]): { key: string; name: string; versions: T[] }[] {
  const found = new Map<string, { key: string; name: string; versions: T[] }>()
  for (const one of list) {
    const key = `${one.channel_id}/${one.name}`
    const entry = found.get(key) ?? { key, name: one.name, versions: [] }
    entry.versions.push(one)
    found.set(key, entry)
  }
  for (const entry of found.values()) entry.versions.sort((a, b) => a.language.localeCompare(b.language))
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name))
}
