// What people type is text wherever it is shown: forty ways to have a script run, from a customer to the inbox and from the team to the widget.

import { readFileSync } from 'node:fs'
import { expect, type Frame, type Page } from '@playwright/test'
import { test, Widget } from './pages/widget-host'
import { conversations, customer_writes, new_number, post, sign_in, type Conversation } from './support'

test.skip(!!process.env.SWITCHBOARD_MOCK, 'the mock takes no messages')

const payloads = JSON.parse(readFileSync(new URL('./xss-payloads.json', import.meta.url), 'utf8')) as string[]
const LINKS = 'See https://example.org/a?b=1&c=2 or mailto:ann@example.org or tel:+442079460003 or javascript:window.__xss=1 or data:text/html,<script>window.__xss=1</script>'

const plain = (text: string) => text.replace(/\s+/g, ' ').trim()

async function find(page: Page, fits: (one: Conversation) => boolean): Promise<Conversation> {
  let found: Conversation | undefined
  await expect(async () => {
    found = (await conversations(page, 'all')).find(fits)
    expect(found).toBeTruthy()
  }).toPass({ timeout: 15_000 })
  return found!
}

/** Whether a payload came through in a frame; a script of one sets `__xss` on its own window or the one above. */
const ran = (frame: Frame) => frame.evaluate(() => '__xss' in window)

async function nothing_ran(page: Page): Promise<void> {
  for (const frame of page.frames()) expect(await ran(frame), frame.url()).toBe(false)
}

async function only_safe_links(links: { href: string; rel: string; target: string }[]): Promise<void> {
  expect(links.map((one) => one.href)).toEqual(['https://example.org/a?b=1&c=2', 'mailto:ann@example.org', 'tel:+442079460003'])
  for (const { rel, target } of links) expect([rel, target]).toEqual(['noopener noreferrer nofollow', '_blank'])
}

const links_of = (anchors: Element[]) => (anchors as HTMLAnchorElement[]).map(({ href, rel, target }) => ({ href, rel, target }))

test('D-13: nothing a customer writes runs in the inbox', async ({ page }) => {
  const dialogs: string[] = []
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  await sign_in(page)
  const number = new_number()
  for (const text of [...payloads, LINKS]) await customer_writes(page, text, undefined, number)
  const it = await find(page, (one) => one.contact.phone === number)
  await page.goto(`/inbox/all/${it.id}`)
  const messages = page.getByTestId('message')
  await expect(messages.last()).toContainText('See https://example.org')
  await only_safe_links(await messages.last().locator('a').evaluateAll(links_of))
  // Old ones come while scrolling up; each stands there as it was typed.
  const waiting = new Set(payloads.map(plain))
  await expect(async () => {
    for (const text of await messages.allInnerTexts()) for (const one of waiting) if (plain(text).includes(one)) waiting.delete(one)
    await messages.first().scrollIntoViewIfNeeded()
    await page.mouse.wheel(0, -300)
    expect([...waiting]).toEqual([])
  }).toPass({ timeout: 30_000, intervals: [100] })
  await nothing_ran(page)
  expect(dialogs).toEqual([])
})

test('D-13: nothing the team writes runs in the widget', async ({ page, browser }) => {
  const ann = await (await browser.newContext()).newPage()
  await sign_in(ann)
  await page.goto('/simulator/shop')
  const widget = new Widget(page)
  await widget.open()
  const hello = `Is this text? ${Date.now()}`
  await widget.say(hello)
  const it = await find(ann, (one) => (one as Conversation & { last_message?: { preview: string } }).last_message?.preview === hello)
  for (const [at, text] of [...payloads, LINKS].entries()) await post(ann, `/conversations/${it.id}/messages`, { client_id: `xss-${Date.now()}-${at}`, text })
  await expect(widget.bubble('See https://example.org')).toBeVisible()
  for (const one of payloads) await expect(widget.bubble(one).first()).toBeAttached()
  await only_safe_links(await widget.bubble('See https://example.org').locator('a').evaluateAll(links_of))
  await nothing_ran(page)
  await ann.context().close()
})
