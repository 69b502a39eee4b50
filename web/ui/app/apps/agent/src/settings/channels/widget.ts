// The widget's settings as the form holds them: everything there, nothing undefined.

import type { Channel } from '../../calls/channels'

export const LOCALES = ['en', 'de', 'fr', 'es', 'ar'] as const

export interface PrechatField {
  name: string
  label: string
  required: boolean
}

export interface Widget {
  title: string
  greeting: string
  colour: string
  position: 'left' | 'right'
  label: string
  locale: string
  offline_text: string
  allowed_origins: string[]
  prechat: { enabled: boolean; fields: PrechatField[] }
}

export function widget_of(channel: Channel): Widget {
  const kept = channel.settings as Partial<Widget>
  return {
    title: kept.title ?? '',
    greeting: kept.greeting ?? '',
    colour: kept.colour ?? '#0f766e',
    position: kept.position === 'left' ? 'left' : 'right',
    label: kept.label ?? '',
    locale: kept.locale ?? 'en',
    offline_text: kept.offline_text ?? '',
    allowed_origins: kept.allowed_origins ?? [],
    prechat: { enabled: kept.prechat?.enabled ?? false, fields: kept.prechat?.fields ?? [] },
  }
}

/** Black or white, whichever can be read better on a colour. */
export function ink_on(colour: string): string {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
  const [red, green, blue] = channels.map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue! > 0.179 ? '#000000' : '#ffffff'
}
