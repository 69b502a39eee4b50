// What the screens offer must exist: every part that is called built has its route in the server's own description.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { built } from '../apps/agent/src/built'

const ROUTES: Record<keyof typeof built, readonly string[]> = {
  life: [
    'put /conversations/{id}/snooze',
    'post /conversations/{id}/notes',
    'post /conversations/bulk',
    'post /conversations/find',
    'put /conversations/{id}/draft',
    'post /conversations/{id}/restore',
  ],
  sending: ['post /messages/{id}/retry', 'post /messages/{id}/cancel'],
  templates: ['get /conversations/{id}/sendable-templates', 'get /groups/{id}/replies'],
  template_start: ['get /channels/{id}/sendable-templates'],
  search: ['get /search'],
  transcripts: ['get /conversations/{id}/transcript'],
}

it('offers nothing that the server does not have', () => {
  const file = fileURLToPath(new URL('../../../../docs/openapi.json', import.meta.url))
  const { paths } = JSON.parse(readFileSync(file, 'utf8')) as { paths: Record<string, Record<string, unknown>> }
  const known = new Set(
    Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path.replace(/^\/api\/v1/, '')}`)),
  )
  for (const [part, routes] of Object.entries(ROUTES)) {
    if (built[part as keyof typeof built]) expect(routes.filter((route) => !known.has(route)), part).toEqual([])
  }
})
