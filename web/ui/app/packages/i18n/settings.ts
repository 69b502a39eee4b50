// The texts of the settings and account pages: a dictionary of its own, so that the inbox does not load it.

import { settings } from './en-settings'

export type SettingsMessages = typeof settings
export const s: SettingsMessages = settings
