// The lists: numbers that move, filters, search, many at once, somebody else's inbox, what the browser's tab says.

import { expect, test, type Page } from '@playwright/test'
import { bubble, call, free_conversation, own_conversation, post, reply_box, row, sign_in, sms_conversation, writes_again } from './support'
import { toast } from './settings-support'

const search = (page: Page) => page.getByTestId('list-search')
const nav = (page: Page, name: string) => page.getByRole('link', { name: new RegExp(`^${name}\\b`) }).first()

test('S2-02: numbers beside the lists follow what happens', async ({ page }) => {
  await sign_in(page)
  const it = await free_conversation(page)
  await page.goto('/inbox/unassigned')
  await expect(row(page, it)).toBeVisible()
  await expect(nav(page, 'Mine').locator('.sr-only')).toBeAttached()
  const mine = (await nav(page, 'Mine').locator('.sr-only').textContent())!
  await post(page, `/conversations/${it.id}/attend`)
  await expect(row(page, it)).toHaveCount(0)
  await expect(nav(page, 'Mine').locator('.sr-only')).not.toHaveText(mine)
  await nav(page, 'Mine').click()
  await expect(row(page, it)).toBeVisible()
})

test('H-31: pending while the customer waits, gone with the answer', async ({ page }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  await page.goto(`/inbox/pending/${it.id}`)
  await expect(row(page, it)).toBeVisible()
  await reply_box(page).fill('Here I am')
  await page.keyboard.press('Enter')
  await expect(row(page, it)).toHaveCount(0)
  await writes_again(page, it, 'One more question')
  await expect(row(page, it)).toBeVisible()
})

test('S4-21, H-26: All has open and closed ones, filtered by channel', async ({ page }) => {
  await sign_in(page)
  const sms = await sms_conversation(page)
  const whatsapp = await own_conversation(page)
  await page.goto('/inbox/all')
  await expect(row(page, whatsapp)).toBeVisible()
  const options = await page.getByLabel('Channel').locator('option').allTextContents()
  const name = options.find((one) => /sms|twilio|text/i.test(one))!
  await page.getByLabel('Channel').selectOption({ label: name })
  await expect(page).toHaveURL(/channel=/)
  await expect(row(page, sms)).toBeVisible()
  await expect(row(page, whatsapp)).toHaveCount(0)
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await expect(row(page, whatsapp)).toBeVisible()
})

test('S2-21, S2-22: typing alone changes nothing, Enter filters and says how many, Esc restores', async ({ page }) => {
  await sign_in(page)
  const wanted = await own_conversation(page)
  const other = await own_conversation(page)
  await page.goto('/inbox/mine')
  await expect(row(page, other)).toBeVisible()
  await page.keyboard.press('/')
  await expect(search(page)).toBeFocused()
  await search(page).fill(`#${wanted.number}`)
  await expect(row(page, other)).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(row(page, other)).toHaveCount(0)
  await expect(row(page, wanted)).toBeVisible()
  await expect(page.getByTestId('found')).toContainText('found')
  await search(page).press('Escape')
  await expect(row(page, other)).toBeVisible()
  await expect(search(page)).toHaveValue('')
})

test('S2-21: the palette finds contacts and messages', async ({ page }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  const word = `zebra${Date.now()}`
  await writes_again(page, it, `Where is my ${word}?`)
  await page.goto(`/inbox/mine/${it.id}`)
  await expect(bubble(page, word)).toBeVisible()
  await page.goto('/inbox/closed')
  await expect(page.getByTestId('conversation-row').or(page.getByTestId('list-empty')).first()).toBeVisible()
  await page.keyboard.press('Control+k')
  const field = page.getByRole('combobox', { name: 'Search everything' })
  await expect(field).toBeFocused()
  await field.fill(word)
  await expect(page.getByRole('option', { name: new RegExp(word) })).toBeVisible()
  await page.getByRole('option', { name: new RegExp(word) }).click()
  await expect(page).toHaveURL(new RegExp(it.id))
  await expect(bubble(page, word)).toBeVisible()
})

test('S2-18: several are marked at once', async ({ page }) => {
  await sign_in(page)
  const [one, two] = [await own_conversation(page), await own_conversation(page)]
  await page.goto('/inbox/mine')
  for (const it of [one, two]) await expect(row(page, it)).toBeVisible()
  for (const it of [one, two]) await row(page, it).locator('[data-select]').click()
  await expect(page.getByTestId('bulk-bar')).toContainText('2 selected')
  await page.getByTestId('bulk-bar').getByRole('button', { name: 'Mark as read' }).click()
  await expect(page.getByTestId('bulk-bar')).toHaveCount(0)
  for (const it of [one, two]) await expect(row(page, it).getByRole('img', { name: /unread/ })).toHaveCount(0)
  for (const it of [one, two]) await row(page, it).locator('[data-select]').click()
  await page.getByTestId('bulk-bar').getByRole('button', { name: 'Mark as unread' }).click()
  for (const it of [one, two]) await expect(row(page, it).getByRole('img', { name: /unread/ })).toBeVisible()
})

test('S2-25: an administrator assigns several; what cannot be done is listed by name', async ({ page }) => {
  await sign_in(page, 'ada')
  const [open, closed] = [await free_conversation(page), await free_conversation(page)]
  await page.goto('/inbox/all')
  await row(page, open).locator('[data-select]').click()
  await row(page, closed).locator('[data-select]').click()
  await post(page, `/conversations/${closed.id}/close`)
  await page.getByTestId('bulk-bar').getByRole('button', { name: 'Assign' }).click()
  await expect(page.getByRole('dialog')).toContainText('Assign 2 conversations')
  await page.getByRole('dialog').getByText('Bob').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Assign' }).click()
  await expect(page.getByTestId('bulk-report').getByRole('listitem')).toHaveCount(1)
  await expect(page.getByTestId('bulk-report')).toContainText(`#${closed.number}`)
  await expect(page.getByTestId('bulk-report')).toContainText('closed')
  await page.getByRole('button', { name: 'Close the report' }).click()
  await expect(row(page, open)).toContainText('Bob')
})

test('S2-20: an administrator changes somebody else’s inbox only after a question', async ({ page, browser }) => {
  await sign_in(page, 'ada')
  const it = await free_conversation(page)
  const { users } = await call<{ users: { id: string; email: string }[] }>(page, 'GET', `/groups/${it.group_id}/members`)
  const bob = users.find((user) => user.email === 'bob@demo.test')!
  await call(page, 'PUT', `/conversations/${it.id}/assignees`, { user_ids: [bob.id] })
  const his = await (await browser.newContext()).newPage()
  await sign_in(his, 'bob')
  await his.goto('/inbox/mine')
  await expect(row(his, it).getByRole('img', { name: /unread/ })).toBeVisible()

  await page.goto(`/inbox/user/${it.id}?user=${bob.id}`)
  await expect(row(page, it)).toBeVisible()
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: /Mark as read for Bob/ }).click()
  await expect(page.getByRole('dialog')).toContainText('Bob')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await expect(row(his, it).getByRole('img', { name: /unread/ })).toBeVisible()
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: /Mark as read for Bob/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Change it' }).click()
  await expect(row(his, it).getByRole('img', { name: /unread/ })).toHaveCount(0)
  await his.context().close()
})

test('S2-29: the tab says that something is new, until it is opened', async ({ page, browser }) => {
  await sign_in(page, 'bob')
  await page.goto('/inbox/mine')
  await expect(page.getByTestId('conversation-row').or(page.getByTestId('list-empty')).first()).toBeVisible()
  await expect(page).toHaveTitle(/Mine · Switchboard/)
  // The numbers of the menu come last: then the title has its own.
  await expect(nav(page, 'Mine').locator('.sr-only')).toBeAttached()
  const number = Number(/^\((\d+)\)/.exec(await page.title())?.[1] ?? 0)
  const other = await (await browser.newContext()).newPage()
  await sign_in(other)
  const it = await free_conversation(other)
  await expect(page).toHaveTitle(new RegExp(`^\\(${number + 1}\\)`))
  await expect(page.locator('link[rel~=icon]')).toHaveAttribute('data-unread', 'true')
  // Somebody assigns it to Bob, who has not looked: still one thing that is new.
  const { users } = await call<{ users: { id: string; email: string }[] }>(other, 'GET', `/groups/${it.group_id}/members`)
  const bob = users.find((user) => user.email === 'bob@demo.test')!
  await call(other, 'PUT', `/conversations/${it.id}/assignees`, { user_ids: [bob.id] })
  await expect(row(page, it)).toBeVisible()
  await expect(page).toHaveTitle(new RegExp(`^\\(${number + 1}\\)`))
  await page.bringToFront()
  await page.goto(`/inbox/unassigned/${it.id}`)
  await expect(page).toHaveTitle(number ? new RegExp(`^\\(${number}\\)`) : /^(?!\()/)
  await other.context().close()
})

test('several are closed only where that is allowed; what could not be done is said so', async ({ page }) => {
  await sign_in(page)
  const [mine, theirs] = [await own_conversation(page), await free_conversation(page)]
  await page.goto('/inbox/team')
  await row(page, theirs).locator('[data-select]').click()
  const close = page.getByTestId('bulk-bar').getByRole('button', { name: 'Close', exact: true })
  await expect(close).toBeDisabled()
  await expect(close).toHaveAttribute('title', 'None of them is yours to close')
  await row(page, mine).locator('[data-select]').click()
  await close.click()
  const report = page.getByRole('dialog', { name: 'Not everything could be done' })
  await expect(report).toContainText('1 conversation done, 1 refused:')
  await expect(page.getByTestId('bulk-report')).toContainText(`#${theirs.number}`)
  await page.getByRole('button', { name: 'Close the report' }).click()
  await expect(row(page, mine)).toHaveCount(0)
})

test('somebody’s inbox without somebody asks for one, and the numbers stay; lists for some are not shown to others', async ({ page }) => {
  const refused: string[] = []
  page.on('response', (answer) => answer.status() >= 400 && refused.push(`${answer.status()} ${answer.url()}`))
  await sign_in(page, 'ada')
  const { users } = await call<{ users: { id: string; email: string }[] }>(page, 'GET', '/groups/1/members')
  await page.goto('/inbox/user')
  await expect(page.getByTestId('list-empty')).toContainText('Choose a colleague')
  await expect(nav(page, 'Mine').locator('.sr-only')).toBeAttached()
  const ada = users.find((user) => user.email === 'ada@demo.test')!
  await page.getByLabel('Whose inbox').selectOption(ada.id)
  await expect(page.getByTestId('list-empty').or(page.getByTestId('conversation-row')).first()).toBeVisible()
  await expect(page.getByText('Choose a colleague to see')).toHaveCount(0)
  await sign_in(page, 'bob')
  await page.goto('/inbox/deleted')
  await expect(page).toHaveURL(/\/inbox\/team$/)
  await expect(page.getByTestId('conversation-row').or(page.getByTestId('list-empty')).first()).toBeVisible()
  expect(refused).toEqual([])
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } })

  test('a colleague who looks, too, leaves room for the name; toasts cover no header', async ({ page, browser }) => {
    await sign_in(page)
    const it = await free_conversation(page)
    const his = await (await browser.newContext()).newPage()
    await sign_in(his, 'bob')
    await his.goto(`/inbox/team/${it.id}`)
    await page.goto(`/inbox/team/${it.id}`)
    await expect(page.getByTestId('viewers')).toContainText('Bob')
    const name = page.getByTestId('contact-name')
    expect(await name.evaluate((title) => title.scrollWidth - title.clientWidth)).toBeLessThanOrEqual(0)
    await page.getByRole('button', { name: 'Attend', exact: true }).click()
    const said = toast(page, 'It is yours. You can reply.')
    await expect(said).toBeVisible()
    const header = (await page.locator('header').filter({ has: name }).boundingBox())!
    await expect.poll(async () => (await said.boundingBox())!.y).toBeGreaterThanOrEqual(header.y + header.height)
    await his.context().close()
  })
})
