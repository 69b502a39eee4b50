// Takes screenshots of every state against the mock and runs axe on each: `node mock/look.mjs <out dir> [filter]`.

import { AxeBuilder } from '@axe-core/playwright'
import { mkdirSync } from 'node:fs'
import { chromium } from 'playwright'

const out = process.argv[2] ?? '/tmp/look'
const filter = process.argv[3] ?? ''
const base = process.env.SWITCHBOARD_URL ?? 'http://127.0.0.1:8099'
mkdirSync(out, { recursive: true })
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})
const control = (what, body = {}) => fetch(`${base}/mock/${what}`, { method: 'POST', body: JSON.stringify(body) })
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }
let violations = 0

const sign_in = async (page) => {
  await page.request.post(`${base}/api/v1/session`, { data: { email: 'ann@demo.test', password: 'switchboard-demo' } })
}
const open = (path, ready = '[data-testid=conversation-row], [data-testid=list-empty]') => async (page) => {
  await sign_in(page)
  await page.goto(base + path)
  await page.locator(ready).first().waitFor({ state: 'attached' })
  await page.waitForTimeout(500)
}
const conversation = (id, view = 'team') => open(`/inbox/${view}/${id}`, '[data-testid=message]')

const STATES = {
  login: async (page) => page.goto(`${base}/login`),
  login_wrong: async (page) => {
    await page.goto(`${base}/login`)
    await page.getByLabel('E-mail').fill('x@y.z')
    await page.getByLabel('Password', { exact: true }).fill('nope')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').waitFor()
  },
  setup: async (page) => {
    await control('reset', { setup: true })
    await page.goto(base)
    await page.getByRole('button', { name: 'Create and sign in' }).click()
    await page.waitForTimeout(300)
  },
  inbox: open('/inbox/team'),
  unassigned: open('/inbox/unassigned'),
  conversation: conversation(101),
  long: async (page) => {
    await control('reset')
    await conversation(100)(page)
  },
  attend: conversation(100, 'unassigned'),
  window_closed: conversation(109),
  window_soon: conversation(103),
  closed: conversation(108, 'closed'),
  mine_whatsapp: conversation(121, 'mine'),
  missing: async (page) => {
    await open('/inbox/team/999999', 'text=This conversation is not here')(page)
  },
  offline: async (page) => {
    await conversation(101)(page)
    await control('drop', { ms: 6000 })
    await page.getByTestId('link-banner').waitFor()
    await page.getByRole('textbox', { name: 'Your reply' }).fill('Written while the server was away')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.waitForTimeout(400)
  },
  failed: async (page) => {
    await conversation(101)(page)
    await page.getByRole('textbox', { name: 'Your reply' }).fill('please fail')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('Send again').waitFor()
  },
  presence: async (page) => {
    await conversation(101)(page)
    await control('typing', { id: '101' })
    await control('view', { id: '101' })
    await page.getByTestId('viewers').waitFor()
  },
  emoji: async (page) => {
    await conversation(101)(page)
    await page.getByRole('button', { name: 'Emoji' }).click()
    await page.waitForTimeout(1200)
  },
  files: async (page) => {
    await conversation(101)(page)
    await page.setInputFiles('input[type=file]', [
      { name: 'photo.png', mimeType: 'image/png', buffer: Buffer.alloc(40_000) },
      { name: 'tool.exe', mimeType: 'application/octet-stream', buffer: Buffer.alloc(4_000) },
    ])
    await page.getByText('cannot be sent').waitFor()
  },
  assign: async (page) => {
    await conversation(101)(page)
    await page.locator('h2').first().click()
    await page.keyboard.press('Shift+A')
    await page.getByRole('dialog').getByText('Bob Stone').waitFor()
    await page.waitForTimeout(300)
  },
  help: async (page) => {
    await open('/inbox/team')(page)
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    await page.waitForTimeout(300)
  },
  menu: async (page) => {
    await open('/inbox/team')(page)
    await page.locator('button[aria-label^="Account of"]:visible').click()
    await page.getByRole('menu').waitFor()
    await page.waitForTimeout(300)
  },
  more: async (page) => {
    await conversation(101)(page)
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menu').waitFor()
    await page.waitForTimeout(300)
  },
  preview: async (page) => {
    await conversation(100)(page)
    await page.getByTestId('log').hover()
    await page.mouse.wheel(0, -700)
    await page.getByRole('button', { name: 'Show jacket-front.jpg larger' }).click()
    await page.getByRole('dialog').waitFor()
    await page.waitForTimeout(400)
  },
  empty: async (page) => {
    await control('reset', { empty: true })
    await open('/inbox/team', '[data-testid=list-empty]')(page)
  },
}

for (const [name, run] of Object.entries(STATES)) {
  if (filter && !filter.split(',').includes(name)) continue
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ['light', 'dark']) {
      await control('reset')
      const context = await browser.newContext({ viewport, colorScheme, locale: 'en-GB', hasTouch: size === 'phone' })
      const page = await context.newPage()
      const label = `${name}-${size}-${colorScheme}`
      page.on('pageerror', (error) => console.log(label, 'PAGE ERROR', error.message))
      page.on('console', (message) => {
        if (message.type() === 'error' && !/status of (401|404|413|415)|WebSocket/.test(message.text())) console.log(label, 'CONSOLE', message.text())
      })
      page.on('request', (request) => {
        if (!request.url().startsWith(base) && !/^(data|blob):/.test(request.url())) console.log(label, 'FOREIGN', request.url())
      })
      try {
        await run(page)
        await page.screenshot({ path: `${out}/${label}.png` })
        const result = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze()
        for (const one of result.violations) {
          violations += 1
          console.log(label, 'AXE', one.id, one.nodes.length, one.nodes[0].html.slice(0, 160), one.nodes[0].any[0]?.message ?? '')
        }
      } catch (error) {
        console.log(label, 'FAILED', String(error).split('\n').slice(0, 3).join(' '))
        await page.screenshot({ path: `${out}/${label}-failed.png` })
      }
      await context.close()
    }
  }
}
console.log('axe violations:', violations)
await browser.close()
