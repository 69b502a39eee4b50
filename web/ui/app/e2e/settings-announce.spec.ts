// Mail to contacts about a number: who gets it, a test, the list as a file, sending, the way out of it.

import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { AxeBuilder } from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { ADA, call, fresh, heading, in_mail, sign_in_as, toast } from './settings-support'

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

interface Line {
  id: string
  name: string
  address: string
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })

async function clean(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze()
  expect(violations.map((one) => `${where}: ${one.id}: ${one.nodes[0]?.html}`)).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth), `${where} scrolls sideways`).toBe(false)
}

/** Customers of a shop that vouches for them by their address; each has written. Answers the ids of their contacts. */
async function customers(page: Page, addresses: string[]): Promise<string[]> {
  const { channel } = await call<{ channel: Line }>(page, 'POST', '/channels', { kind: 'webchat', provider: 'widget', name: fresh('Shop'), group_id: '1' })
  const { identity_secret } = await call<{ identity_secret: string }>(page, 'POST', `/channels/${channel.id}/widget/identity_secret`)
  const contacts: string[] = []
  for (const email of addresses) {
    const hmac = createHmac('sha256', identity_secret).update(email).digest('hex')
    const start = { widget_key: channel.address, identity: { user_id: email, name: 'Kim Customer' }, hmac }
    const conversation = await page.evaluate(
      (start) =>
        new Promise<string>((done, failed) => {
          const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws/visitor`)
          socket.onopen = () => socket.send(JSON.stringify({ t: 'session.start', req: '1', d: start }))
          socket.onmessage = (event) => {
            const frame = JSON.parse(event.data as string)
            if (frame.t === 'hello') socket.send(JSON.stringify({ t: 'message.send', req: '2', d: { client_id: crypto.randomUUID(), text: 'Hello' } }))
            if (frame.t === 'error') failed(new Error(event.data as string))
            if (frame.t === 'ack') done(frame.d.conversation_id)
          }
        }),
      start,
    )
    const found = await call<{ conversation: { contact: { id: string } } }>(page, 'GET', `/conversations/${conversation}`)
    contacts.push(found.conversation.contact.id)
  }
  return contacts
}

test('S0-68: contacts who want mail are told of the number, each with a way out', async ({ page, browser }) => {
  await sign_in_as(page, ADA)
  await page.goto('/settings/channels')
  const [wants, leaves, refuses] = [1, 2, 3].map(() => `${fresh('kim')}@shop.test`) as [string, string, string]
  const contacts = await customers(page, [wants, leaves, refuses])
  await call(page, 'PUT', `/contacts/${contacts[2]}/consent/email`, { state: 'opted_out' })
  const { channels } = await call<{ channels: Line[] }>(page, 'GET', '/channels')
  const line = channels.find((one) => one.name === 'WhatsApp (Cloud API)')!
  const { audience } = await call<{ audience: { recipients: number; opted_out: number } }>(page, 'GET', `/channels/${line.id}/announcements`)
  expect(audience.recipients).toBeGreaterThanOrEqual(2)
  expect(audience.opted_out).toBeGreaterThanOrEqual(1)

  await page.goto(`/settings/channels/${line.id}`)
  const card = page.getByTestId('announce-mailing')
  await expect(card.getByTestId('audience')).toContainText(`${audience.recipients} contacts get this mail; ${audience.opted_out} do`)
  // What is missing is said with its cure.
  await expect(card.getByTestId('problem-no_mail_server')).toContainText('--smtp-url')
  const subject = fresh('We are on WhatsApp')
  await card.getByLabel('Subject').fill('')
  await button(page, 'Send a test to me').click()
  await expect(card.getByLabel('Subject')).toBeFocused()
  await card.getByLabel('Subject').fill(subject)
  await expect(card.getByLabel('Text', { exact: true })).toHaveValue(/wa\.me/)
  await button(page, 'Send a test to me').click()
  await expect(toast(page, `A test went to ${ADA.email}.`)).toBeVisible()
  await in_mail(ADA.email, /^(List-Unsubscribe: .)/m)

  const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Download addresses (CSV)').click()])
  const csv = await readFile(await file.path(), 'utf8')
  // What visitors call themselves is a hint, no name.
  expect(csv).toContain(`\r\n,${wants},unknown,`)
  expect(csv).not.toContain(refuses)

  await button(page, /^Send to \d+ contacts$/).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText(`Send this mail to ${audience.recipients} contacts?`)
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(card.getByTestId('announcement').filter({ hasText: subject })).toHaveCount(0)
  await button(page, /^Send to \d+ contacts$/).click()
  await page.getByTestId('confirm').click()
  const sent = card.getByTestId('announcement').filter({ hasText: subject })
  await expect(sent.getByTestId('outcome')).toHaveText(`${audience.recipients} sent, ${audience.opted_out} left out.`, { timeout: 30_000 })
  await sent.getByRole('button', { name: 'Who did not get it' }).click()
  await expect(sent.getByTestId('not-mailed')).toContainText(`${refuses}: wants no mail`)
  await expect(toast(page, 'The mails are on their way.')).toBeHidden()
  await page.setViewportSize({ width: 390, height: 844 })
  await clean(page, 'the card on a phone')
  await in_mail(wants, new RegExp(`(${subject})`))

  // The way out: opening the link changes nothing, its button does.
  const link = await in_mail(leaves, /^List-Unsubscribe: <(.+)>/m)
  const consent = async () => (await call<{ consent: { state: string } }>(page, 'GET', `/contacts/${contacts[1]}/consent/email`)).consent.state
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 390, height: 844 } })
    const reader = await context.newPage()
    await reader.goto(link)
    await clean(reader, `the way out, ${colorScheme}`)
    expect(await consent()).toBe(colorScheme === 'light' ? 'unknown' : 'opted_out')
    await button(reader, 'Unsubscribe').click()
    await expect(heading(reader, 'You are unsubscribed')).toBeVisible()
    await clean(reader, `the way out, taken, ${colorScheme}`)
    expect(await consent()).toBe('opted_out')
    await context.close()
  }
})
