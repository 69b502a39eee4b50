// Business hours: of the business, of one group, and what waits for them.

import { expect, test, type Page } from '@playwright/test'
import { bubble, own_conversation, reply_box, sign_in } from './support'
import { ADA, call, fresh, sign_in_as, toast } from './settings-support'

interface Hours {
  hours: { inherit: boolean; time_zone: string; weekly: Record<string, string[][]>; holidays: string[] }
}

test.beforeEach(async ({ page }) => sign_in_as(page, ADA))
test.afterEach(async ({ page }) => {
  await call(page, 'PATCH', '/business', { settings: { hold_outside_hours: false, replies_in_window_go_at_once: false } })
  await call(page, 'PUT', '/business/hours', { hours: { weekly: {}, holidays: [] } })
})

const day = (page: Page, name: string) => page.getByRole('group', { name, exact: true })
const save = (page: Page) => page.getByRole('button', { name: 'Save' })

test('the week of the business: times, what is wrong with them, copied, holidays, kept', async ({ page }) => {
  await call(page, 'PUT', '/business/hours', { hours: { weekly: {}, holidays: [] } })
  await page.goto('/settings/hours')
  await expect(page.getByText('you are always open')).toBeVisible()
  await expect(save(page)).toBeDisabled()
  const monday = day(page, 'Monday')
  await monday.getByRole('button', { name: 'Monday: add opening times' }).click()
  await expect(day(page, 'Tuesday')).toContainText('Closed')
  await monday.getByLabel('Monday: closes at').fill('08:00')
  await expect(monday.getByRole('alert')).toContainText('must be after')
  await save(page).click()
  await expect(monday.getByLabel('Monday: opens at')).toBeFocused()
  await monday.getByLabel('Monday: closes at').fill('12:30')
  await monday.getByRole('button', { name: 'Monday: add opening times' }).click()
  await monday.getByLabel('Monday: opens at').nth(1).fill('12:00')
  await expect(monday.getByRole('alert')).toContainText('overlap')
  await monday.getByLabel('Monday: opens at').nth(1).fill('14:00')
  await monday.getByLabel('Monday: closes at').nth(1).fill('00:00')
  await monday.getByRole('button', { name: 'Use Monday’s times until Friday' }).click()
  await day(page, 'Friday').getByRole('button', { name: /remove the times from 14:00/ }).click()
  await page.getByLabel('Date of the holiday').fill('2031-12-25')
  await page.getByLabel('Date of the holiday').press('Enter')
  await expect(page.getByText('25 December 2031')).toBeVisible()
  await page.getByLabel('Time zone').selectOption('Europe/Berlin')
  await save(page).click()
  await expect(toast(page, 'Saved')).toBeVisible()

  const { hours } = await call<Hours>(page, 'GET', '/business/hours')
  const both = [['09:00', '12:30'], ['14:00', '24:00']]
  expect(hours).toMatchObject({ time_zone: 'Europe/Berlin', weekly: { mon: both, thu: both, fri: [['09:00', '12:30']] }, holidays: ['2031-12-25'] })
  await page.reload()
  await expect(day(page, 'Monday').getByLabel('Monday: closes at').nth(1)).toHaveValue('00:00')
  await page.getByRole('button', { name: /Remove .*25 December 2031/ }).click()
  await expect(page.getByText('Not saved yet')).toBeVisible()
})

test('S0-48: a group has the hours of the business until it gets its own', async ({ page }) => {
  const { group } = await call<{ group: { id: string } }>(page, 'POST', '/groups', { name: fresh('Night') })
  await page.goto(`/settings/groups/${group.id}/hours`)
  await page.getByRole('switch', { name: 'Use the hours of the business' }).click()
  await day(page, 'Saturday').getByRole('button', { name: 'Saturday: add opening times' }).click()
  await save(page).click()
  await expect(toast(page, 'Saved')).toBeVisible()
  expect((await call<Hours>(page, 'GET', `/groups/${group.id}/hours`)).hours).toMatchObject({ inherit: false, weekly: { sat: [['09:00', '17:00']] } })
  await page.getByRole('switch', { name: 'Use the hours of the business' }).click()
  await save(page).click()
  await expect(page.getByText('Not saved yet')).toHaveCount(0)
  expect((await call<Hours>(page, 'GET', `/groups/${group.id}/hours`)).hours.inherit).toBe(true)
})

test('S2-12: what the team writes while closed waits when the switch says so, and goes when it no longer does', async ({ page, browser }) => {
  const agents = await browser.newContext()
  const ann = await agents.newPage()
  await sign_in(ann)
  const it = await own_conversation(ann)

  // Open on one day only, and that is not today.
  const names = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
  const far = names[(new Date().getUTCDay() + 3) % 7]!
  await page.goto('/settings/hours')
  await page.getByLabel('Time zone').selectOption('UTC')
  await day(page, far).getByRole('button', { name: `${far}: add opening times` }).click()
  const hold = page.getByRole('switch', { name: 'Hold what the team writes' })
  const at_once = page.getByRole('switch', { name: 'Except replies in an open conversation' })
  await expect(at_once).toBeDisabled()
  await hold.click()
  await save(page).click()
  await expect(toast(page, 'Saved')).toBeVisible()

  await ann.goto(`/inbox/mine/${it.id}`)
  const waits = fresh('We look at it')
  await reply_box(ann).fill(waits)
  await ann.keyboard.press('Enter')
  await expect(bubble(ann, waits).getByTestId('held')).toBeVisible()

  await at_once.click()
  await save(page).click()
  await expect(page.getByText('Not saved yet')).toHaveCount(0)
  const goes = fresh('At once')
  await reply_box(ann).fill(goes)
  await ann.keyboard.press('Enter')
  await expect(bubble(ann, goes)).toHaveAttribute('data-status', /^(sent|delivered|read)$/)
  await hold.click()
  await save(page).click()
  await expect(bubble(ann, waits)).toHaveAttribute('data-status', /^(sent|delivered|read)$/)
  await agents.close()
})
