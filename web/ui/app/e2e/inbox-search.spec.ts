// Searching everything: the way there, what is said about the hits, the message that was found; and how people are called.

import { expect, test } from '@playwright/test'
import { spaced } from '../packages/core/person'
import { bubble, locked_conversation, own_conversation, row, sign_in, writes_again } from './support'

const palette = { name: 'Search everything' }

test('S1-03: a name somebody gave themselves stands in the list with their number, and is found', async ({ page }) => {
  test.skip(!!process.env.SWITCHBOARD_MOCK, 'the mock has no phones')
  await sign_in(page)
  const it = await locked_conversation(page)
  await page.goto(`/inbox/mine/${it.id}`)
  await expect(row(page, it)).toContainText('~Robin')
  await expect(row(page, it)).toContainText(spaced(it.contact.phone!))
  await expect(page.getByTestId('contact-name')).toHaveText('~Robin')
  await page.getByRole('button', palette).click()
  await page.getByRole('combobox', palette).fill(it.contact.phone!)
  await expect(page.getByRole('option', { name: '~Robin' }).first()).toContainText(spaced(it.contact.phone!))
})

test('a search of the list goes on in the messages; the button does the same on a phone', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await sign_in(page)
  const it = await own_conversation(page)
  const word = `yak${Date.now()}`
  await writes_again(page, it, `My ${word} is late`)
  await page.goto('/inbox/mine')
  await expect(row(page, it)).toContainText(word)
  await page.getByTestId('list-search').fill('x')
  await page.keyboard.press('Enter')
  await expect(page.getByTestId('found')).toHaveText('Write at least 2 characters.')
  await page.getByTestId('list-search').fill(word)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Search messages too' }).click()
  await expect(page.getByRole('combobox', palette)).toHaveValue(word)
  await page.getByRole('option', { name: new RegExp(word) }).click()
  await expect(bubble(page, word)).toBeVisible()
})

test('a hit is shown in its place, however long ago it was said', async ({ page }) => {
  test.setTimeout(90_000)
  await sign_in(page)
  const it = await own_conversation(page)
  const word = `gnu${Date.now()}`
  await writes_again(page, it, `The ${word} was first`)
  for (let n = 0; n < 70; n++) await writes_again(page, it, `Line ${n} of many\nand one more line`)
  await page.goto(`/inbox/mine/${it.id}`)
  await expect(bubble(page, 'Line 69 of many')).toBeVisible({ timeout: 30_000 })
  await expect(bubble(page, word)).toHaveCount(0)
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', palette).fill(word)
  await page.getByRole('option', { name: new RegExp(word) }).click()
  await expect(bubble(page, word)).toBeInViewport()
  await expect(page.locator('[data-lit]')).toContainText(word)
})

test('the palette counts what it found, and says when there is more', async ({ page }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  const word = `emu${Date.now()}`
  for (let n = 0; n < 8; n++) await writes_again(page, it, `${word} ${n}`)
  await page.goto(`/inbox/mine/${it.id}`)
  await expect(bubble(page, `${word} 7`)).toBeVisible()
  await page.keyboard.press('Control+k')
  // A conversation that is one's own cannot be attended; what helps with keys is called so.
  await expect(page.getByRole('option', { name: 'Close or reopen' })).toBeVisible()
  await expect(page.getByRole('option', { name: 'Keyboard shortcuts' })).toBeVisible()
  await expect(page.getByRole('option', { name: 'Attend', exact: true })).toHaveCount(0)
  await page.getByRole('combobox', palette).fill(word)
  const note = page.getByTestId('palette').getByRole('status')
  await expect(note).toHaveText('The first 6 of each kind')
  await page.getByRole('option', { name: 'Show more' }).click()
  await expect(page.getByRole('option', { name: new RegExp(`${word} \\d`) })).toHaveCount(8)
  await expect(note).toHaveText('8 results')
})
