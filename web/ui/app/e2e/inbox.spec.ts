// The agent's day: sign in, attend, reply, watch the ticks, close, reopen; write while the connection is away.

import { expect, test } from '@playwright/test'
import { shown_name } from '../packages/core/person'
import { ANN, bubble, free_conversation, own_conversation, reply_box, sign_in, switchable_link } from './support'

test('somebody who is not signed in gets the login page, and afterwards the page asked for', async ({ page }) => {
  await page.goto('/inbox/unassigned')
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  if (!process.env.SWITCHBOARD_MOCK) await expect(page.getByText('Demo: ann@demo.test')).toBeVisible()
  // An empty form asks nobody: the server counts attempts.
  const asked: string[] = []
  page.on('request', (request) => request.method() === 'POST' && asked.push(request.url()))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByText('Fill this in.')).toHaveCount(2)
  await expect(page.getByLabel('E-mail')).toBeFocused()
  expect(asked).toEqual([])
  await page.getByLabel('E-mail').fill(ANN.email)
  await page.getByLabel('Password', { exact: true }).fill('wrong-password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'wrong' })).toBeVisible()
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused()
  await page.getByLabel('Password', { exact: true }).fill(ANN.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { name: 'Unassigned', level: 1 })).toBeVisible()
  await expect(page).toHaveURL(/\/inbox\/unassigned$/)
})

test('attend, reply, ticks, close, reopen', async ({ page }) => {
  await sign_in(page)
  const it = await free_conversation(page)
  await page.goto('/inbox/unassigned')
  await page.locator(`[data-conversation="${it.id}"]`).click()
  await expect(page.getByTestId('contact-name')).toHaveText(shown_name(it.contact))
  // Whoever replies attends; the button only says so beforehand.
  await expect(page.locator('[data-strip=unassigned]')).toBeVisible()

  await page.getByRole('button', { name: 'Attend', exact: true }).click()
  await expect(page.getByTestId('assignees')).toContainText('you')
  await expect(page.getByTestId('event').last()).toContainText('You attended')
  await expect(page.locator(`[data-conversation="${it.id}"]`)).toHaveCount(0)

  const text = `Thank you for waiting ${Date.now()}`
  await expect(reply_box(page)).toBeFocused()
  await reply_box(page).fill(text)
  await page.keyboard.press('Enter')
  await expect(reply_box(page)).toHaveValue('')
  await expect(bubble(page, text)).toHaveCount(1)
  // One tick or more: how far it goes depends on the simulated customer.
  await expect(bubble(page, text)).toHaveAttribute('data-status', /^(sent|delivered|read)$/, { timeout: 20_000 })
  await expect(bubble(page, text)).toHaveCount(1)

  await page.goto(`/inbox/mine/${it.id}`)
  await expect(bubble(page, text)).toHaveCount(1)
  await page.getByRole('button', { name: 'Close', exact: true }).click()
  await expect(page.getByTestId('composer-card')).toContainText('This conversation is closed')
  await expect(page.getByTestId('composer-card').getByRole('button', { name: 'Reopen' })).toBeFocused()
  await page.getByRole('link', { name: /^Closed/ }).first().click()
  await expect(page.locator(`[data-conversation="${it.id}"]`)).toBeVisible()
  await page.locator(`[data-conversation="${it.id}"]`).click()
  await page.getByTestId('composer-card').getByRole('button', { name: 'Reopen' }).click()
  await expect(page.getByTestId('composer-card')).toHaveCount(0)
  await expect(page.getByTestId('event').last()).toContainText(/reopened|Assigned/)
})

test('messages written while the connection is away are kept, sent in order, once', async ({ page }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  const link = await switchable_link(page)
  await page.goto(`/inbox/mine/${it.id}`)
  await expect(reply_box(page)).toBeVisible()
  await expect(page.getByTestId('link-banner')).toHaveCount(0)

  await link.cut()
  await expect(page.getByTestId('link-banner')).toContainText('Reconnecting… messages you send are kept')
  const stamp = Date.now()
  for (const n of [1, 2, 3]) {
    await reply_box(page).fill(`away ${n} of ${stamp}`)
    await page.keyboard.press('Enter')
  }
  const away = page.getByTestId('message').filter({ hasText: String(stamp) })
  await expect(away).toHaveCount(3)
  await expect(page.getByTestId('link-banner')).toContainText('3 messages wait')

  // The messages survive a reload of the page.
  await page.reload()
  await expect(away).toHaveCount(3)

  link.restore()
  await expect(page.getByTestId('link-banner')).toHaveCount(0, { timeout: 30_000 })
  await expect(away.last()).toHaveAttribute('data-status', /^(sent|delivered|read)$/, { timeout: 30_000 })
  await expect(away).toHaveCount(3)
  await page.reload()
  await expect(away).toHaveText([/away 1 of/, /away 2 of/, /away 3 of/])
})

test('two people see the same: what one closes leaves the other one’s list', async ({ page, browser }) => {
  await sign_in(page)
  const it = await free_conversation(page)
  const other = await browser.newPage()
  await sign_in(other)
  await other.goto('/inbox/unassigned')
  const row = other.locator(`[data-conversation="${it.id}"]`)
  await expect(row).toBeVisible()
  await page.goto(`/inbox/unassigned/${it.id}`)
  await page.getByRole('button', { name: 'Attend', exact: true }).click()
  await expect(row).toHaveCount(0)
  await other.goto('/inbox/mine')
  await expect(row).toBeVisible()
  await page.getByRole('button', { name: 'Close', exact: true }).click()
  await expect(row).toHaveCount(0)
  await other.close()
})

test('drafts stay with their conversation', async ({ page }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  await page.goto(`/inbox/mine/${it.id}`)
  await reply_box(page).fill('half a sentence')
  await page.goto('/inbox/mine')
  await expect(page.locator(`[data-conversation="${it.id}"]`)).toContainText('half a sentence')
  await page.goto(`/inbox/mine/${it.id}`)
  await expect(reply_box(page)).toHaveValue('half a sentence')
  await reply_box(page).fill('')
})

test('keys: move, open, go back; and the switch that turns them off', async ({ page }) => {
  await sign_in(page)
  await free_conversation(page)
  await page.goto('/inbox/team')
  await expect(page.getByTestId('conversation-row').first()).toBeVisible()
  await page.keyboard.press('j')
  await page.keyboard.press('o')
  await expect(page).toHaveURL(/\/inbox\/team\/.+/)
  await page.keyboard.press('u')
  await expect(page).toHaveURL(/\/inbox\/team$/)
  await page.keyboard.press('?')
  await page.getByRole('switch', { name: 'Single-key shortcuts' }).click()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await expect(page).toHaveURL(/\/inbox\/team$/)
})

test('nothing is asked from another site, and nothing is refused by the content policy', async ({ page }) => {
  const foreign: string[] = []
  const refused: string[] = []
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective}`))
  })
  page.on('console', (message) => {
    if (message.text().includes('policy:')) refused.push(message.text())
  })
  await sign_in(page)
  await free_conversation(page)
  await page.goto('/inbox/team')
  const own = new URL(page.url()).origin
  page.on('request', (request) => {
    if (!request.url().startsWith(own) && !/^(data|blob):/.test(request.url())) foreign.push(request.url())
  })
  await page.reload()
  await page.getByTestId('conversation-row').first().click()
  await expect(page.getByTestId('contact-name')).toBeVisible()
  if (await page.getByRole('button', { name: 'Emoji' }).count()) {
    await page.getByRole('button', { name: 'Emoji' }).click()
    await expect(page.getByTestId('emoji-panel')).toBeVisible()
  }
  expect(foreign).toEqual([])
  expect(refused).toEqual([])
})
