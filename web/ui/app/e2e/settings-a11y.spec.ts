// Every settings page, at a desk and on a phone, in light and dark: no violations of WCAG 2.2 AA, nothing cut off, no icon without words.

import { expect, test, type Page } from '@playwright/test'
import { looks_right, looks_right_everywhere, SIZES } from './pages/looks'
import { ADA, sign_in_as } from './settings-support'

/** Every page, and what to wait for or open there before it is looked at. */
const PAGES: [path: string, ready: (page: Page) => Promise<unknown>, what?: string][] = [
  ['/account/profile', (page) => page.getByLabel('First name').waitFor()],
  ['/account/security', (page) => page.getByRole('button', { name: 'Set it up' }).waitFor()],
  ['/account/devices', (page) => page.getByTestId('session').first().waitFor()],
  ['/settings/users', (page) => second_factor_on(page)],
  ['/settings/users', (page) => opened(page, 'Invite somebody'), 'inviting'],
  ['/settings/groups', (page) => page.getByTestId('group').first().waitFor()],
  ['/settings/groups', (page) => opened(page, 'New group'), 'a new group'],
  ['/settings/groups/1/team', (page) => page.getByTestId('team-member').first().waitFor()],
  ['/settings/groups/1/channels', (page) => page.getByTestId('channel').first().waitFor()],
  ['/settings/groups/1/hours', (page) => own_hours(page)],
  ['/settings/groups/1/templates', (page) => page.getByTestId('template').first().waitFor()],
  ['/settings/groups/1/templates', (page) => opened(page, 'Variables of order_update, British English'), 'variables'],
  ['/settings/groups/1/replies', (page) => page.getByTestId('reply').first().waitFor()],
  ['/settings/groups/1/replies', (page) => opened(page, 'New reply'), 'a new reply'],
  ['/settings/hours', (page) => page.getByRole('button', { name: 'Monday: add opening times' }).click()],
  ['/settings/channels', (page) => page.getByTestId('channel').first().waitFor()],
  ['/settings/channels/new', (page) => chosen(page, 'WhatsApp Cloud API'), 'WhatsApp'],
  ['/settings/channels/new', (page) => chosen(page, 'SMS gateway (HTTP)'), 'SMS'],
  ['/settings/channels/3', (page) => looked_after(page)],
  ['/settings/channels/4', (page) => page.frameLocator('iframe[title="Preview"]').getByRole('textbox').waitFor()],
  ['/settings/business', (page) => page.getByLabel('Business name').waitFor()],
  ['/settings/api', (page) => page.getByRole('button', { name: 'New token' }).and(page.locator(':enabled')).waitFor()],
  ['/settings/api', (page) => opened(page, 'New token'), 'a new token'],
  ['/settings/api', (page) => opened(page, 'New webhook'), 'a new webhook'],
  ['/settings/audit', (page) => page.getByTestId('audit-entry').first().waitFor()],
]

/** Somebody has a second factor: the list shows it by an icon. */
async function second_factor_on(page: Page): Promise<void> {
  await page.route('**/api/v1/users', async (route) => {
    const answer = await route.fetch()
    const found = (await answer.json()) as { users: object[] }
    await route.fulfill({ response: answer, json: { ...found, users: found.users.map((one) => ({ ...one, second_factor: true })) } })
  })
  await page.reload()
  await page.getByTestId('user').first().getByRole('img', { name: 'Second factor is on' }).waitFor()
}

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

for (const [path, ready, what] of PAGES) {
  test(`D-16: ${path}${what ? `, ${what}` : ''}`, async ({ page }) => {
    await sign_in_as(page, ADA)
    await page.goto(path)
    await ready(page)
    await looks_right_everywhere(page)
  })
}

for (const [path, title] of [
  ['/forgot', 'Forgot your password?'],
  ['/reset#abc', 'Choose a new password'],
  ['/welcome#abc', 'Welcome'],
] as const) {
  test(`D-16: ${path}, before signing in`, async ({ page }) => {
    await page.goto(path)
    await expect(page.getByRole('heading', { name: title })).toBeVisible()
    await looks_right_everywhere(page)
  })
}

test('D-16: the list of sections on a phone', async ({ page }) => {
  await page.setViewportSize(SIZES.phone)
  await sign_in_as(page, ADA)
  await page.goto('/settings')
  await expect(page.getByRole('link', { name: 'Audit log' })).toBeVisible()
  await looks_right(page)
})
