// The business, and the audit log that tells of the change.

import { expect, test } from '@playwright/test'
import { ADA, call, heading, sign_in_as, toast } from './settings-support'

interface Business {
  business: { name: string }
}

test.beforeEach(async ({ page }) => sign_in_as(page, ADA))

test('the business: saved, kept, refused when empty, and asked about when left', async ({ page }) => {
  const before = await call<Business>(page, 'GET', '/business')
  await page.goto('/settings/business')
  const save = page.getByRole('button', { name: 'Save' })
  await expect(save).toBeDisabled()
  await page.getByLabel('Business name').fill('')
  await save.click()
  await expect(page.getByLabel('Business name')).toHaveAttribute('aria-invalid', 'true')
  await page.getByRole('button', { name: 'Discard' }).click()
  await expect(page.getByLabel('Business name')).toHaveValue(before.business.name)

  const name = `${before.business.name} & Co`
  await page.getByLabel('Business name').fill(name)
  await page.getByRole('link', { name: 'Groups' }).click()
  await page.getByRole('button', { name: 'Stay here' }).click()
  await save.click()
  await expect(toast(page, 'Saved')).toBeVisible()
  const after = await call<Business>(page, 'GET', '/business')
  expect(after.business.name).toBe(name)
  await call(page, 'PATCH', '/business', { name: before.business.name })
})

test('the audit log shows what was done, filters, and pages', async ({ page }) => {
  for (let n = 0; n < 55; n += 1) await call(page, 'PATCH', '/business', { country: 'GB' })
  await page.goto('/settings/audit')
  await expect(page.getByTestId('audit-entry')).toHaveCount(50)
  await page.getByRole('button', { name: 'Show older entries' }).click()
  await expect.poll(() => page.getByTestId('audit-entry').count()).toBeGreaterThan(54)
  await page.getByLabel('What').selectOption({ label: 'business settings' })
  await expect(page.getByTestId('audit-entry').first()).toContainText('business settings')
  await page.getByLabel('Group').selectOption({ index: 1 })
  await expect(page.getByTestId('audit-entry').or(page.getByText('Nothing recorded that fits')).first()).toBeVisible()
  await expect(heading(page, 'Audit log')).toBeVisible()
})
