// What becomes of a message: held until business hours, cancelled, failed and tried again, refused after an opt-out.

import { expect, test, type Browser, type Page } from '@playwright/test'
import { bubble, call, own_conversation, reply_box, sign_in, sms_conversation, writes_again, type Conversation } from './support'

test.skip(!!process.env.SWITCHBOARD_MOCK, 'the mock has no connector')

const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

async function as_admin(browser: Browser, work: (page: Page) => Promise<void>): Promise<void> {
  const ada = await (await browser.newContext()).newPage()
  await sign_in(ada, 'ada')
  try {
    await work(ada)
  } finally {
    await ada.context().close()
  }
}

/** One minute of business a day, long past or far ahead: now is outside. */
async function closed_now(browser: Browser, closed: boolean): Promise<void> {
  const hour = (new Date().getUTCHours() + 12) % 24
  const two = (n: number) => String(n).padStart(2, '0')
  const minute = [[`${two(hour)}:00`, `${two(hour)}:01`]]
  await as_admin(browser, async (ada) => {
    await call(ada, 'PATCH', '/business', { settings: { hold_outside_hours: closed } })
    await call(ada, 'PUT', '/business/hours', {
      hours: { inherit: false, time_zone: 'UTC', weekly: Object.fromEntries(WEEK.map((day) => [day, minute])), holidays: [] },
    })
  })
}

test('S2-12, S4-20: held until business hours, cancelled; closing asks what becomes of it', async ({ page, browser }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  await closed_now(browser, true)
  try {
    await page.goto(`/inbox/mine/${it.id}`)
    await expect(page.locator('[data-strip=holds]')).toContainText('Outside business hours: this will be sent')
    const text = `After hours ${Date.now()}`
    await reply_box(page).fill(text)
    await page.keyboard.press('Enter')
    await expect(bubble(page, text).getByTestId('held')).toContainText('will be sent')
    await bubble(page, text).getByRole('button', { name: 'Cancel' }).click()
    await expect(bubble(page, text)).toHaveAttribute('data-status', 'cancelled')

    await reply_box(page).fill(`Again ${text}`)
    await page.keyboard.press('Enter')
    await expect(bubble(page, `Again ${text}`).getByTestId('held')).toBeVisible()
    await page.getByRole('button', { name: 'Close', exact: true }).click()
    await expect(page.getByRole('dialog')).toContainText('1 message is still waiting')
    await page.getByRole('dialog').getByRole('button', { name: 'Close, do not send' }).click()
    await expect(page.getByTestId('composer-card')).toContainText('closed')
    await expect(bubble(page, `Again ${text}`)).toHaveAttribute('data-status', 'cancelled')
  } finally {
    await closed_now(browser, false)
  }
})

test('S2-31: after an opt-out the box says so and is locked', async ({ page }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  await page.goto(`/inbox/mine/${it.id}`)
  await expect(reply_box(page)).toBeEnabled()
  await call(page, 'PUT', `/contacts/${it.contact.id}/consent`, { channel_kind: 'whatsapp', state: 'opted_out' })
  await page.reload()
  await expect(page.locator('[data-strip=opted_out]')).toContainText('asked not to get messages')
  await expect(page.getByRole('button', { name: 'Send', exact: true })).toHaveCount(0)
})

test('S2-10: a failed message says why and is tried again under the same bubble', async ({ page }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  const number = it.contact.phone!
  const settings = (reachable: boolean) =>
    page.request.post('/simulator/api/settings', { data: { account: '106540352242922', number, reachable } })
  expect((await settings(false)).ok()).toBe(true)
  await page.goto(`/inbox/mine/${it.id}`)
  const text = `Do you hear me ${Date.now()}`
  await reply_box(page).fill(text)
  await page.keyboard.press('Enter')
  await expect(bubble(page, text)).toHaveAttribute('data-status', 'failed', { timeout: 20_000 })
  await expect(bubble(page, text)).toContainText('Not sent')
  await settings(true)
  await bubble(page, text).getByRole('button', { name: 'Try again' }).click()
  await expect(bubble(page, text)).toHaveAttribute('data-status', /^(sent|delivered|read)$/, { timeout: 20_000 })
  await expect(bubble(page, text)).toHaveCount(1)
})

test('S2-30: a broadcast is the first bubble once the customer answers, and moves no open conversation', async ({ page, browser }) => {
  await sign_in(page)
  const it = await sms_conversation(page)
  const shown = await call<{ conversation: Conversation & { contact: { id: string }; channel: { id: string }; group_id: string } }>(page, 'GET', `/conversations/${it.id}`)
  const { contact, channel, group_id } = shown.conversation
  const text = `Ten per cent off ${Date.now()}`
  const send = (name: string) =>
    call(page, 'POST', `/groups/${group_id}/broadcasts`, { client_id: name, name, channel_id: channel.id, text: `${text} ${name}`, contact_ids: [contact.id] })
  await page.goto(`/inbox/all/${it.id}`)
  await send(`open-${text.slice(-6)}`)
  await expect(bubble(page, `${text} open`)).toContainText('Broadcast: open')
  await as_admin(browser, async (ada) => {
    await call(ada, 'POST', `/conversations/${it.id}/close`, { pending: 'send' })
  })
  await send(`closed-${text.slice(-6)}`)
  await expect(page.getByTestId('composer-card')).toContainText('closed')
  await expect(bubble(page, `${text} closed`)).toHaveCount(0)
  await writes_again(page, it, `Yes please ${text}`)
  await page.goto('/inbox/all')
  await page.locator('[data-conversation]', { hasText: `Yes please ${text}` }).click()
  await expect(bubble(page, `${text} closed`)).toContainText('Broadcast: closed')
  const order = await page.getByTestId('message').allTextContents()
  expect(order[0]).toContain('Broadcast: closed')
  expect(order[1]).toContain('Yes please')
})
