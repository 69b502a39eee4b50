// The texts of the page about tokens and webhooks: loaded with that page only.

import { programs } from './en-api'

export type ProgramsMessages = typeof programs
export const p: ProgramsMessages = programs
