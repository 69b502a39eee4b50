// Colleagues: inviting, the last admin, identifiers in use, deactivating with a hand-over.

import { expect, test } from '@playwright/test'
import { ADA, colleague, fresh, heading, sign_in_as, toast, token_in_mail } from './settings-support'

test.beforeEach(async ({ page }) => sign_in_as(page, ADA))
const row = (page: import('@playwright/test').Page, text: string) => page.getByTestId('user').filter({ hasText: text })

test('S0-05: inviting somebody: a mail goes out and they stand in the list as invited', async ({ page }) => {
  await page.goto('/settings/users')
  await page.getByRole('button', { name: 'Invite somebody' }).click()
  await page.getByRole('button', { name: 'Send the invitation' }).click()
  await expect(page.getByLabel('First name')).toHaveAttribute('aria-invalid', 'true')
  const last = fresh('Invited')
  const email = `${last.toLowerCase()}@demo.test`
  await page.getByLabel('First name').fill('Kim')
  await page.getByLabel('Last name').fill(last)
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('button', { name: 'Send the invitation' }).click()
  await expect(toast(page, new RegExp(email))).toBeVisible()
  await expect(row(page, last)).toContainText('Invited')
  await token_in_mail(email, 'welcome')
})

test('S1-07: an address in use is refused, with the reason', async ({ page }) => {
  await page.goto('/settings/users')
  await page.getByRole('button', { name: 'Invite somebody' }).click()
  await page.getByLabel('First name').fill('Kim')
  await page.getByLabel('Last name').fill('Twice')
  await page.getByLabel('E-mail').fill('ANN@demo.test')
  await page.getByRole('button', { name: 'Send the invitation' }).click()
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('e-mail address already belongs to a colleague')
  // What was typed is not thrown away without asking.
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByText('Leave without saving?')).toBeVisible()
  await page.getByTestId('confirm').click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
})

test('S0-10: the last admin stays an admin', async ({ page }) => {
  await page.goto('/settings/users')
  await row(page, ADA.email).getByRole('button', { name: /^Actions for/ }).click()
  await page.getByRole('menuitem', { name: 'Change' }).click()
  await page.getByLabel('Role').selectOption('agent')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('one active admin at least')
})

test('deactivating signs somebody out at once; activating lets them in again', async ({ page, browser }) => {
  const { who, page: theirs, context } = await colleague(browser, page)
  await theirs.goto('/inbox/team')
  await expect(heading(theirs, 'Team inbox')).toBeVisible()

  await page.goto('/settings/users')
  await row(page, who.name).getByRole('button', { name: /^Actions for/ }).click()
  await page.getByRole('menuitem', { name: 'Deactivate' }).click()
  await page.getByLabel('Their open conversations').selectOption({ label: 'Ann Lee' })
  await page.getByTestId('deactivate').click()
  await expect(row(page, who.name)).toContainText('Deactivated')
  await expect(heading(theirs, 'Sign in')).toBeVisible()

  await row(page, who.name).getByRole('button', { name: /^Actions for/ }).click()
  await page.getByRole('menuitem', { name: 'Activate again' }).click()
  await expect(row(page, who.name)).not.toContainText('Deactivated')
  await context.close()
})
