// Size budgets, measured on dist/ (skipped with a note when nothing is built): what the inbox loads first.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const built = existsSync(join(dist, 'index.html'))
const gz = (file: string) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length

/** The files of a page: what index.html names, the route's chunk and everything these import statically. */
function first_load(route: RegExp): string[] {
  const html = readFileSync(join(dist, 'index.html'), 'utf8')
  const found = new Set([...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1]!))
  for (const file of readdirSync(join(dist, 'assets'))) if (route.test(file)) found.add(`assets/${file}`)
  for (const file of found) {
    if (!file.endsWith('.js')) continue
    const source = readFileSync(join(dist, file), 'utf8')
    for (const match of source.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) found.add(`assets/${match[1]!}`)
  }
  return [...found].filter((file) => /\.(js|css)$/.test(file))
}

describe.skipIf(!built)('budgets', () => {
  it('inbox: first load of JS and CSS stays within 300 kB gzip', () => {
    const files = first_load(/^InboxPage-.*\.(js|css)$/)
    const total = files.reduce((sum, file) => sum + gz(file), 0)
    console.log(`inbox first load: ${(total / 1000).toFixed(1)} kB gz in ${files.length} files`)
    expect(files.length).toBeGreaterThan(2)
    expect(total).toBeLessThan(300_000)
  })

  it('every lazy chunk stays within 60 kB gzip', () => {
    const first = new Set(first_load(/^InboxPage-.*\.(js|css)$/))
    for (const file of readdirSync(join(dist, 'assets')).filter((name) => name.endsWith('.js'))) {
      if (!first.has(`assets/${file}`)) expect(gz(`assets/${file}`), file).toBeLessThan(60_000)
    }
  })

  it('asks no foreign site for scripts, styles or data', () => {
    const html = readFileSync(join(dist, 'index.html'), 'utf8')
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    expect(html).not.toMatch(/<script(?![^>]*src=)/)
  })
})
