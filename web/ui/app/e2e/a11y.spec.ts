// Every page and state of the inbox, at a desk and on a phone, in light and dark: no violations of WCAG 2.2 AA, no icon without words.

import { expect, test } from '@playwright/test'
import { looks_right, SIZES } from './pages/looks'
import { free_conversation, locked_conversation, own_conversation, reply_box, sign_in } from './support'

for (const [size, viewport] of Object.entries(SIZES)) {
  test.describe(`D-16: ${size}`, () => {
    test.use({ viewport })

    test('login', async ({ page }) => {
      await page.goto('/login')
      await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
      await looks_right(page)
    })

    test('inbox', async ({ page }) => {
      await sign_in(page)
      await free_conversation(page)
      await page.goto('/inbox/team')
      await expect(page.getByTestId('conversation-row').first()).toBeVisible()
      await looks_right(page)
    })

    test('conversation, with its menus and dialogs', async ({ page }) => {
      await sign_in(page)
      const it = await own_conversation(page)
      await page.goto(`/inbox/team/${it.id}`)
      await expect(page.getByTestId('contact-name')).toBeVisible()
      await expect(page.getByTestId('message').first()).toBeVisible()
      await looks_right(page)
      await page.getByRole('button', { name: 'More actions' }).click()
      await expect(page.getByRole('menu')).toBeVisible()
      await looks_right(page)
      await page.keyboard.press('Escape')
      await expect(page.getByRole('menu')).toHaveCount(0)
      await page.keyboard.press('Shift+A')
      await expect(page.getByRole('dialog').getByRole('checkbox').first()).toBeVisible()
      await looks_right(page)
    })

    test('searching, choosing several, writing a note, beginning a conversation', async ({ page }) => {
      await sign_in(page)
      const it = await own_conversation(page)
      await page.goto('/inbox/all')
      await expect(page.locator(`[data-conversation="${it.id}"]`)).toBeVisible()
      await page.locator(`[data-conversation="${it.id}"] [data-select]`).click()
      await expect(page.getByTestId('bulk-bar')).toBeVisible()
      await looks_right(page)
      await page.getByRole('button', { name: 'Clear the selection' }).click()
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: 'Search everything' }).fill(it.contact.name.slice(-6))
      await expect(page.getByRole('option').first()).toBeVisible()
      await looks_right(page)
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'New conversation' }).click()
      await expect(page.getByTestId('fresh-number')).toBeVisible()
      await looks_right(page)
      await page.goto(`/inbox/all/${it.id}`)
      await page.getByRole('button', { name: 'Private note' }).click()
      await page.keyboard.type('@')
      await expect(page.getByTestId('mentions')).toBeVisible()
      await looks_right(page)
    })

    test('closed conversations', async ({ page }) => {
      await sign_in(page)
      await page.goto('/inbox/closed')
      await expect(page.getByTestId('conversation-row').or(page.getByTestId('list-empty')).first()).toBeVisible()
      await looks_right(page)
    })

    test('closed window', async ({ page }) => {
      await sign_in(page)
      const it = await locked_conversation(page)
      await page.goto(`/inbox/team/${it.id}`)
      await expect(page.locator('[data-strip=template_only]')).toContainText('The 24-hour window is closed.')
      await expect(reply_box(page)).toHaveCount(0)
      await looks_right(page)
    })
  })
}
