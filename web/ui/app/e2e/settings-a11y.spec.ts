// axe on every settings page, light and dark, desk and phone: no violations of WCAG 2.2 AA, nothing cut off at the side.

import { AxeBuilder } from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { ADA, sign_in_as } from './settings-support'

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }

/** Every page, and what to wait for or open there before it is looked at. */
const PAGES: [path: string, ready: (page: Page) => Promise<unknown>][] = [
  ['/account/profile', (page) => page.getByLabel('First name').waitFor()],
  ['/account/security', (page) => page.getByRole('button', { name: 'Set it up' }).waitFor()],
  ['/account/devices', (page) => page.getByTestId('session').first().waitFor()],
  ['/settings/users', (page) => page.getByTestId('user').first().waitFor()],
  ['/settings/users', (page) => opened(page, 'Invite somebody')],
  ['/settings/groups', (page) => page.getByTestId('group').first().waitFor()],
  ['/settings/groups', (page) => opened(page, 'New group')],
  ['/settings/groups/1/team', (page) => page.getByTestId('team-member').first().waitFor()],
  ['/settings/groups/1/channels', (page) => page.getByTestId('channel').first().waitFor()],
  ['/settings/groups/1/hours', (page) => own_hours(page)],
  ['/settings/groups/1/templates', (page) => page.getByTestId('template').first().waitFor()],
  ['/settings/groups/1/templates', (page) => opened(page, 'Variables of order_update, en_GB')],
  ['/settings/groups/1/replies', (page) => page.getByTestId('reply').first().waitFor()],
  ['/settings/groups/1/replies', (page) => opened(page, 'New reply')],
  ['/settings/hours', (page) => page.getByRole('button', { name: 'Monday: add opening times' }).click()],
  ['/settings/channels', (page) => page.getByTestId('channel').first().waitFor()],
  ['/settings/channels/new', (page) => chosen(page, 'WhatsApp Cloud API')],
  ['/settings/channels/new', (page) => chosen(page, 'SMS gateway (HTTP)')],
  ['/settings/channels/3', (page) => looked_after(page)],
  ['/settings/channels/4', (page) => page.frameLocator('iframe[title="Preview"]').getByRole('textbox').waitFor()],
  ['/settings/business', (page) => page.getByLabel('Business name').waitFor()],
  ['/settings/api', (page) => page.getByRole('button', { name: 'New token' }).and(page.locator(':enabled')).waitFor()],
  ['/settings/api', (page) => opened(page, 'New token')],
  ['/settings/api', (page) => opened(page, 'New webhook')],
  ['/settings/audit', (page) => page.getByTestId('audit-entry').first().waitFor()],
]

/** Everything a provider can be told, with what is missing marked. */
async function chosen(page: Page, provider: string): Promise<void> {
  await page.getByText(provider, { exact: true }).click()
  await page.getByRole('button', { name: 'More settings' }).click()
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  await page.getByText('Fill this in.').first().waitFor()
}

async function own_hours(page: Page): Promise<void> {
  await page.getByRole('switch', { name: 'Use the hours of the business' }).click()
  await page.getByRole('button', { name: 'Monday: add opening times' }).click()
}

async function looked_after(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Check now' }).click()
  await page.getByTestId('checks').waitFor()
  await page.getByRole('button', { name: 'Replace' }).click()
}

async function opened(page: Page, button: string | RegExp): Promise<void> {
  await page.getByRole('button', { name: button }).first().click()
  await expect(page.getByRole('dialog')).toHaveCSS('opacity', '1')
}

async function check(page: Page, where: string) {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze()
  expect(violations.map((one) => `${where}: ${one.id}: ${one.nodes[0]?.html}`)).toEqual([])
  const too_wide = await page.evaluate(() => [document.documentElement, ...document.querySelectorAll('main')].some((one) => one.scrollWidth > one.clientWidth))
  expect(too_wide, `${where} scrolls sideways`).toBe(false)
}

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`D-16: ${size}, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme })

      test('settings pages', async ({ page }) => {
        test.setTimeout(180_000)
        await sign_in_as(page, ADA)
        for (const [path, ready] of PAGES) {
          await page.goto(path)
          await ready(page)
          await check(page, path)
        }
      })
    })
  }
}

for (const [path, title] of [
  ['/forgot', 'Forgot your password?'],
  ['/reset#abc', 'Choose a new password'],
  ['/welcome#abc', 'Welcome'],
] as const) {
  test(`${path}, before signing in`, async ({ page }) => {
    await page.goto(path)
    await expect(page.getByRole('heading', { name: title })).toBeVisible()
    await check(page, path)
  })
}

test('the list of sections on a phone', async ({ page }) => {
  await page.setViewportSize(SIZES.phone)
  await sign_in_as(page, ADA)
  await page.goto('/settings')
  await expect(page.getByRole('link', { name: 'Audit log' })).toBeVisible()
  await check(page, '/settings')
})
