// Size budgets of the built widget, gzipped: what every visitor of a customer's page has to load.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'

const app = fileURLToPath(new URL('../..', import.meta.url))
let out = ''
const file = (name: string): string => readFileSync(join(out, 'widget', name), 'utf8')
const size = (name: string): number => gzipSync(file(name), { level: 9 }).length

beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'widget-'))
  execFileSync(process.execPath, ['node_modules/vite/bin/vite.js', 'build', '-c', 'vite.widget.ts', '--logLevel', 'error'], {
    cwd: app,
    env: { ...process.env, NODE_ENV: 'production', SWITCHBOARD_UI_OUT: out },
  })
}, 60_000)
afterAll(() => rmSync(out, { recursive: true, force: true }))

it('loader is at most 3 kB', () => {
  expect(size('loader.js')).toBeLessThanOrEqual(3000)
})

it('panel is at most 30 kB before its lazy parts', () => {
  const first = [...file('frame.html').matchAll(/(?:src|href)="\/widget\/(assets\/[^"]+)"/g)].map((match) => match[1]!)
  expect(first).toHaveLength(2)
  expect(first.reduce((sum, name) => sum + size(name), 0)).toBeLessThanOrEqual(30_000)
})

it('refers to nothing but its own hashed assets, and has nothing inline', () => {
  const page = file('frame.html')
  expect(page).not.toMatch(/<style|style=|<script>|https?:/)
  for (const name of readdirSync(join(out, 'widget', 'assets'))) expect(name).toMatch(/-[\w-]{8}\.(js|css)$/)
})
