// axe on the pages and states that exist, light and dark, desktop and phone: no violations of WCAG 2.2 AA.

import { AxeBuilder } from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { free_conversation, locked_conversation, own_conversation, reply_box, sign_in } from './support'

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }

async function check(page: Page) {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze()
  expect(violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`)).toEqual([])
}

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`D-16: ${size}, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme })

      test('login', async ({ page }) => {
        await page.goto('/login')
        await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
        await check(page)
      })

      test('inbox', async ({ page }) => {
        await sign_in(page)
        await free_conversation(page)
        await page.goto('/inbox/team')
        await expect(page.getByTestId('conversation-row').first()).toBeVisible()
        await check(page)
      })

      test('conversation, with its menus and dialogs', async ({ page }) => {
        await sign_in(page)
        const it = await own_conversation(page)
        await page.goto(`/inbox/team/${it.id}`)
        await expect(page.getByTestId('contact-name')).toBeVisible()
        await expect(page.getByTestId('message').first()).toBeVisible()
        await check(page)
        await page.getByRole('button', { name: 'More actions' }).click()
        await expect(page.getByRole('menu')).toBeVisible()
        await check(page)
        await page.keyboard.press('Escape')
        await expect(page.getByRole('menu')).toHaveCount(0)
        await page.keyboard.press('Shift+A')
        await expect(page.getByRole('dialog').getByRole('checkbox').first()).toBeVisible()
        await check(page)
      })

      test('searching, choosing several, writing a note, beginning a conversation', async ({ page }) => {
        await sign_in(page)
        const it = await own_conversation(page)
        await page.goto('/inbox/all')
        await expect(page.locator(`[data-conversation="${it.id}"]`)).toBeVisible()
        await page.locator(`[data-conversation="${it.id}"] [data-select]`).click()
        await expect(page.getByTestId('bulk-bar')).toBeVisible()
        await check(page)
        await page.getByRole('button', { name: 'Clear the selection' }).click()
        await page.keyboard.press('Control+k')
        await page.getByRole('combobox', { name: 'Search everything' }).fill(it.contact.name.slice(-6))
        await expect(page.getByRole('option').first()).toBeVisible()
        await check(page)
        await page.keyboard.press('Escape')
        await page.getByRole('button', { name: 'New conversation' }).click()
        await expect(page.getByTestId('fresh-number')).toBeVisible()
        await check(page)
        await page.goto(`/inbox/all/${it.id}`)
        await page.getByRole('button', { name: 'Private note' }).click()
        await page.keyboard.type('@')
        await expect(page.getByTestId('mentions')).toBeVisible()
        await check(page)
      })

      test('closed conversations', async ({ page }) => {
        await sign_in(page)
        await page.goto('/inbox/closed')
        await expect(page.getByTestId('conversation-row').or(page.getByTestId('list-empty')).first()).toBeVisible()
        await check(page)
      })

      test('closed window', async ({ page }) => {
        await sign_in(page)
        const it = await locked_conversation(page)
        await page.goto(`/inbox/team/${it.id}`)
        await expect(page.locator('[data-strip=template_only]')).toContainText('The 24-hour window is closed.')
        await expect(reply_box(page)).toHaveCount(0)
        await check(page)
      })

      test('reflow: nothing is cut off at this width', async ({ page }) => {
        await sign_in(page)
        await free_conversation(page)
        await page.goto('/inbox/team')
        await expect(page.getByTestId('conversation-row').first()).toBeVisible()
        const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
        expect(content).toBeLessThanOrEqual(window!)
      })
    })
  }
}
