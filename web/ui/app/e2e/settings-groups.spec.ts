// Groups: adding, renaming, sorting, archiving; their teams; a group admin sees their own group and nothing else.

import { expect, test, type Page } from '@playwright/test'
import { ADA, call, colleague, fresh, heading, sign_in_as, toast } from './settings-support'

test.beforeEach(async ({ page }) => sign_in_as(page, ADA))

async function add_group(page: Page): Promise<{ id: string; name: string }> {
  const name = fresh('Group')
  const { group } = await call<{ group: { id: string } }>(page, 'POST', '/groups', { name })
  return { id: group.id, name }
}

test('S0-38: a group is made, renamed, archived and restored', async ({ page }) => {
  await page.goto('/settings/groups')
  await page.getByRole('button', { name: 'New group' }).click()
  await page.getByLabel('Name', { exact: true }).fill('general')
  await page.getByRole('button', { name: 'Create the group' }).click()
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('exists already')
  const name = fresh('Night shift')
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByRole('button', { name: 'Create the group' }).click()
  await expect(heading(page, name)).toBeVisible()

  await page.getByRole('button', { name: 'Rename' }).click()
  await page.getByLabel('Name', { exact: true }).fill(`${name} B`)
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(heading(page, `${name} B`)).toBeVisible()

  await page.getByRole('button', { name: 'Archive' }).click()
  await page.getByTestId('confirm').click()
  await expect(heading(page, 'Groups')).toBeVisible()
  await expect(page.getByTestId('group').filter({ hasText: `${name} B` })).toHaveCount(0)
  await page.getByRole('listitem').filter({ hasText: `${name} B` }).getByRole('button', { name: 'Restore' }).click()
  await expect(page.getByTestId('group').filter({ hasText: `${name} B` })).toHaveCount(1)
})

test('S0-17: the first group cannot be archived', async ({ page }) => {
  await page.goto('/settings/groups')
  await page.getByTestId('group').first().getByRole('link').click()
  await expect(page.getByRole('button', { name: 'Rename' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Archive' })).toHaveCount(0)
})

test('groups are sorted with buttons, and stay sorted', async ({ page }) => {
  const [one, two] = [await add_group(page), await add_group(page)]
  await page.goto('/settings/groups')
  const order = async () => {
    const names = await page.getByTestId('group').allInnerTexts()
    return [one, two].map((group) => names.findIndex((text) => text.includes(group.name)))
  }
  await expect(page.getByTestId('group').filter({ hasText: two.name })).toBeVisible()
  const before = await order()
  await page.getByRole('button', { name: `Move ${two.name} up` }).click()
  await expect.poll(order).toEqual([before[1], before[0]])
  await page.reload()
  await expect.poll(order).toEqual([before[1], before[0]])
})

test('S0-46: the team is ticked; a group admin gets this group and not the business', async ({ page, browser }) => {
  const group = await add_group(page)
  const { who, page: theirs, context } = await colleague(browser, page)
  await page.goto(`/settings/groups/${group.id}/team`)
  const member = page.getByTestId('team-member').filter({ hasText: who.name })
  await expect(page.getByRole('button', { name: 'Save' })).toBeDisabled()
  await member.getByRole('checkbox').check()
  await member.getByRole('combobox').selectOption('admin')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(toast(page, 'Saved')).toBeVisible()
  await page.reload()
  await expect(member.getByRole('checkbox')).toBeChecked()
  await expect(member.getByRole('combobox')).toHaveValue('admin')

  await theirs.goto('/settings/groups')
  await expect(theirs.getByTestId('group')).toHaveCount(1)
  await expect(theirs.getByRole('button', { name: 'New group' })).toHaveCount(0)
  await theirs.getByTestId('group').getByRole('link').click()
  await expect(heading(theirs, group.name)).toBeVisible()
  await expect(theirs.getByRole('button', { name: 'Rename' })).toHaveCount(0)
  await theirs.goto('/settings/users')
  await expect(heading(theirs, 'This is not for you')).toBeVisible()
  await theirs.goto('/settings/groups/1/team')
  await expect(heading(theirs, 'General').or(heading(theirs, 'This group is not here'))).toBeVisible()
  await expect(theirs.getByTestId('team-member')).toHaveCount(0)
  await context.close()
})
