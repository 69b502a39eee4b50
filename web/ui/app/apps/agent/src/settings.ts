// Choices kept on this device.

import { ref, watch } from 'vue'
import { LocalStore } from '@switchboard/core'

export const storage = new LocalStore()

/** Single-character shortcuts; WCAG 2.1.4 asks for a switch. */
export const shortcuts_on = ref(storage.get('switchboard.shortcuts') !== 'off')
watch(shortcuts_on, (on) => storage.set('switchboard.shortcuts', on ? 'on' : 'off'))

export const group_choice = {
  get: () => storage.get('switchboard.group'),
  set: (id: string) => storage.set('switchboard.group', id),
}

export type Scheme = 'light' | 'dark' | 'system'

/** Colours. `public/theme.js` reads the same key before the first paint. */
export const scheme = ref<Scheme>(known_scheme(storage.get('switchboard.scheme')))
const system_dark = matchMedia('(prefers-color-scheme: dark)')
export const is_dark = ref(false)

function paint(): void {
  is_dark.value = scheme.value === 'dark' || (scheme.value === 'system' && system_dark.matches)
  document.documentElement.classList.toggle('dark', is_dark.value)
  document.documentElement.classList.toggle('light', !is_dark.value)
}

function known_scheme(text: string | null): Scheme {
  return text === 'light' || text === 'dark' ? text : 'system'
}

system_dark.addEventListener('change', paint)
watch(scheme, (chosen) => {
  storage.set('switchboard.scheme', chosen)
  paint()
})
paint()
