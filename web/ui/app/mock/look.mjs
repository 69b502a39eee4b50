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

/** Nothing moves any more, nothing is still being loaded. */
const settled = (page) =>
  page.waitForFunction(() => {
    const moving = document.getAnimations().some((one) => one.playState === 'running' && Number.isFinite(one.effect?.getComputedTiming().endTime ?? 0))
    return !moving && document.fonts.status === 'loaded' && [...document.images].every((one) => one.complete)
  })

const sign_in = async (page, who = 'ann') => {
  await page.request.post(`${base}/api/v1/session`, { data: { email: `${who}@demo.test`, password: 'switchboard-demo' } })
}
const open = (path, ready = '[data-testid=conversation-row], [data-testid=list-empty]', who = 'ann') => async (page) => {
  await sign_in(page, who)
  await page.goto(base + path)
  await page.locator(ready).first().waitFor({ state: 'attached' })
}
const conversation = (id, view = 'team', who = 'ann') => open(`/inbox/${view}/${id}`, '[data-testid=message]', who)
const reply = (page) => page.getByRole('textbox', { name: 'Your reply' })

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
    await page.locator('[aria-invalid=true]').first().waitFor()
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
    await page.getByTestId('message').filter({ hasText: 'Written while the server was away' }).waitFor()
  },
  failed: async (page) => {
    await conversation(101)(page)
    await page.getByRole('textbox', { name: 'Your reply' }).fill('please fail')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('Not sent').waitFor()
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
    await page.locator('emoji-picker').getByRole('menuitem').first().waitFor()
  },
  files: async (page) => {
    await conversation(101)(page)
    await page.setInputFiles('[data-testid=composer] input[type=file]', [
      { name: 'photo.png', mimeType: 'image/png', buffer: Buffer.alloc(40_000) },
      { name: 'tool.exe', mimeType: 'application/octet-stream', buffer: Buffer.alloc(4_000) },
    ])
    await page.getByText('cannot be sent').waitFor()
  },
  assign: async (page) => {
    await conversation(101)(page)
    await page.getByTestId('contact-name').click()
    await page.keyboard.press('Shift+A')
    await page.getByRole('dialog').getByText('Bob Stone').waitFor()
  },
  help: async (page) => {
    await open('/inbox/team')(page)
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
  },
  menu: async (page) => {
    await open('/inbox/team')(page)
    await page.locator('button[aria-label^="Account of"]:visible').click()
    await page.getByRole('menu').waitFor()
  },
  more: async (page) => {
    await conversation(101)(page)
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menu').waitFor()
  },
  preview: async (page) => {
    await conversation(100)(page)
    await page.getByTestId('log').hover()
    await page.mouse.wheel(0, -700)
    await page.getByRole('button', { name: 'Show jacket-front.jpg larger' }).click()
    await page.getByRole('dialog').waitFor()
  },
  all_filters: open('/inbox/all?channel=6'),
  user: open('/inbox/user?user=3', '[data-testid=conversation-row]', 'ada'),
  snoozed: open('/inbox/snoozed'),
  search: async (page) => {
    await open('/inbox/team')(page)
    await page.getByTestId('list-search').fill('mei')
    await page.keyboard.press('Enter')
    await page.getByTestId('found').getByText('found').waitFor()
  },
  bulk: async (page) => {
    await open('/inbox/team', '[data-testid=conversation-row]', 'ada')(page)
    await page.keyboard.press('j')
    for (const key of ['x', 'j', 'x', 'j', 'x']) await page.keyboard.press(key)
    await page.getByTestId('bulk-bar').waitFor()
  },
  note: async (page) => {
    await conversation(101)(page)
    await page.getByRole('button', { name: 'Private note' }).click()
    await page.keyboard.type('Please look at this, @bo')
    await page.getByTestId('mentions').waitFor()
  },
  replies: async (page) => {
    await conversation(101)(page)
    await reply(page).focus()
    await page.keyboard.press('/')
    await page.getByTestId('replies').getByRole('option').first().waitFor()
  },
  sms: async (page) => {
    await conversation(101)(page)
    await reply(page).fill('We will bring the blue jacket in medium to the shop on Thursday. '.repeat(9))
  },
  window_draft: async (page) => {
    await conversation(121)(page)
    await reply(page).fill('Here is what I wanted to say')
    await control('window', { id: '121', state: 'closed' })
    await page.getByRole('button', { name: 'Choose template' }).waitFor()
  },
  templates: async (page) => {
    await conversation(109)(page)
    await page.getByRole('button', { name: 'Choose template' }).click()
    await page.getByRole('option').first().waitFor()
  },
  template: async (page) => {
    await conversation(109)(page)
    await page.getByRole('button', { name: 'Choose template' }).click()
    await page.getByRole('option', { name: 'order_update' }).first().click()
    await page.getByLabel('Order number').fill('A-17')
    await page.getByRole('button', { name: 'Send template' }).click()
    await page.getByText('Fill this in.').waitFor()
  },
  held: async (page) => {
    await control('advice', { id: '101', holds_until: new Date(Date.now() + 86_400_000).toISOString() })
    await conversation(101)(page)
    await reply(page).fill('I will look after the weekend.')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByTestId('held').waitFor()
  },
  opted_out: async (page) => {
    await control('advice', { id: '101', state: 'opted_out' })
    await conversation(101)(page)
  },
  newer: async (page) => {
    await conversation(101)(page)
    await reply(page).fill('I think')
    await control('in', { id: '101', text: 'Wait, I found it!' })
    await control('writing', { id: '101' })
    await page.getByText('review before').waitFor()
  },
  unassigned_reply: conversation(100, 'unassigned'),
  snooze_menu: async (page) => {
    await conversation(101)(page)
    if (page.viewportSize().width < 768) return
    await page.getByRole('button', { name: 'Snooze' }).click()
    await page.getByRole('menu').waitFor()
  },
  snooze_pick: async (page) => {
    await conversation(101)(page)
    if (page.viewportSize().width < 768) return
    await page.getByRole('button', { name: 'Snooze' }).click()
    await page.getByText('Pick date').click()
    await page.getByRole('dialog').waitFor()
  },
  close_note: async (page) => {
    await conversation(101)(page)
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByText('Close with a note').click()
    await page.getByRole('dialog').waitFor()
  },
  mark_for: async (page) => {
    await conversation(102, 'team', 'ada')(page)
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByText('Mark as read for Bob').click()
    await page.getByRole('dialog').waitFor()
  },
  fresh: async (page) => {
    await open('/inbox/team')(page)
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.getByRole('combobox', { name: 'Name or number' }).fill('mei')
    await page.getByRole('option').first().waitFor()
  },
  palette: async (page) => {
    await open('/inbox/team')(page)
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Search everything' }).fill('jacket')
    await page.getByText('Messages', { exact: true }).last().waitFor()
  },
  more_lists: async (page) => {
    await open('/inbox/team')(page)
    if (page.viewportSize().width >= 768) return
    await page.getByRole('button', { name: 'More lists' }).click()
    await page.getByRole('menu').waitFor()
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
      page.setDefaultTimeout(8_000)
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
        await settled(page)
        await page.screenshot({ path: `${out}/${label}.png`, animations: 'disabled' })
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
