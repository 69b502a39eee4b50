// Who gets settings: admins all of them, agents only their own account; the entry is not even there for agents.

import { expect, test } from '@playwright/test'
import { ANN } from './support'
import { ADA, heading, sign_in_as } from './settings-support'

test('S0-11: an agent has no settings: no entry, and a direct visit says so', async ({ page }) => {
  await sign_in_as(page, ANN)
  await page.goto('/inbox/team')
  await page.getByRole('button', { name: /^Account of/ }).first().click()
  await expect(page.getByRole('menuitem', { name: 'Your account' })).toBeVisible()
  await expect(page.getByRole('menuitem', { name: 'Settings' })).toHaveCount(0)
  for (const path of ['/settings', '/settings/users', '/settings/groups/1/templates', '/settings/hours', '/settings/business', '/settings/api', '/settings/audit']) {
    await page.goto(path)
    await expect(heading(page, 'This is not for you')).toBeVisible()
  }
  await page.getByRole('link', { name: 'Go to your account' }).click()
  await expect(heading(page, 'Profile')).toBeVisible()
  await expect(page.getByRole('navigation', { name: 'Settings' }).getByRole('link')).toHaveText(['Profile', 'Security', 'Signed-in devices'])
})

test('an admin comes from the inbox to the settings and back', async ({ page }) => {
  await sign_in_as(page, ADA)
  await page.goto('/inbox/team')
  await page.getByRole('button', { name: /^Account of/ }).first().click()
  await page.getByRole('menuitem', { name: 'Settings' }).click()
  await expect(heading(page, 'Users')).toBeVisible()
  await page.getByRole('link', { name: 'Business' }).click()
  await expect(heading(page, 'Business')).toBeFocused()
  await page.getByRole('link', { name: 'Back to the inbox' }).click()
  await expect(heading(page, 'Team inbox')).toBeVisible()
})

test('on a phone the sections are a page of their own', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await sign_in_as(page, ADA)
  await page.goto('/settings')
  await page.getByRole('link', { name: 'Groups' }).click()
  await expect(heading(page, 'Groups')).toBeVisible()
  await page.getByRole('link', { name: 'All settings' }).click()
  await expect(page.getByRole('link', { name: 'Users' })).toBeVisible()
})
