// The business, and the audit log that tells of the change.

import { expect, test } from '@playwright/test'
import { ADA, call, heading, sign_in_as, toast } from './settings-support'

type Settings = Record<string, boolean | number | string>
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

test('S0-34, S2-31: the rules of conversations and of what may be sent are switched and kept', async ({ page }) => {
  const before = await call<{ business: { settings: Settings } }>(page, 'GET', '/business')
  const { settings } = before.business
  const switches: Record<string, string> = {
    'Replying attends': 'auto_attend_on_reply',
    'Agents may assign': 'agents_can_assign',
    'Agents may assign to admins': 'agents_assign_admins',
    'Admins may delete conversations': 'allow_conversation_delete',
    'Marketing needs consent': 'require_opt_in',
    'Visitors may keep their chat': 'visitor_transcripts',
  }
  await page.goto('/settings/business')
  const save = page.getByRole('button', { name: 'Save' })
  for (const label of Object.keys(switches)) await page.getByRole('switch', { name: label, exact: true }).click()
  await page.getByLabel('A STOP counts for').selectOption({ label: 'Only the number it was sent to' })
  const reopen = page.getByLabel('Reopen closed conversations within (hours)')
  for (const senseless of ['soon', '-1', '8761']) {
    await reopen.fill(senseless)
    await save.click()
    await expect(reopen).toBeFocused()
    await expect(reopen).toHaveAttribute('aria-invalid', 'true')
  }
  await reopen.fill('48')
  const retention = page.getByLabel('Erase closed conversations after (days)')
  await retention.fill('36501')
  await save.click()
  await expect(retention).toHaveAttribute('aria-invalid', 'true')
  await retention.fill('3650')
  try {
    await save.click()
    await expect(toast(page, 'Saved')).toBeVisible()
    const after = await call<{ business: { settings: Settings } }>(page, 'GET', '/business')
    const turned = Object.fromEntries(Object.values(switches).map((name) => [name, !settings[name]]))
    expect(after.business.settings).toEqual({ ...settings, ...turned, consent_scope: 'sender', reopen_within_hours: 48, retention_days: 3650 })
    await page.reload()
    await expect(reopen).toHaveValue('48')
    await expect(page.getByRole('switch', { name: 'Marketing needs consent' })).toBeChecked({ checked: !settings.require_opt_in })
  } finally {
    await call(page, 'PATCH', '/business', { settings })
  }
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
