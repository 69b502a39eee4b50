// The photo library of a group: an admin keeps a picture, an agent puts it into a reply.

import { expect, test } from '@playwright/test'
import { own_conversation, sign_in } from './support'

test.skip(!!process.env.SWITCHBOARD_MOCK, 'the mock keeps no photos')

/** One red pixel. */
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==', 'base64')

test('S4-18: a photo is kept by an admin and sent by an agent', async ({ page, browser }) => {
  const name = `Parcel ${Date.now()}`
  await sign_in(page)
  const it = await own_conversation(page)

  const ada = await (await browser.newContext()).newPage()
  await sign_in(ada, 'ada')
  await ada.goto(`/inbox/all/${it.id}`)
  await ada.getByRole('button', { name: 'Add to the message' }).click()
  await ada.getByRole('menuitem', { name: 'Photo library…' }).click()
  await ada.getByRole('button', { name: 'Add a photo' }).click()
  const form = ada.getByTestId('new-photo')
  await form.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(form.getByText('Choose a JPEG, PNG or WebP picture.')).toBeVisible()
  await form.getByLabel('Picture').setInputFiles({ name: 'parcel.png', mimeType: 'image/png', buffer: PNG })
  await form.getByLabel('Name').fill(name)
  await form.getByLabel('Order or invoice').fill('INV-7')
  await form.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(ada.getByTestId('photos').getByRole('button', { name: `${name}, INV-7` })).toBeVisible()

  await page.goto(`/inbox/mine/${it.id}`)
  await page.getByRole('button', { name: 'Add to the message' }).click()
  await page.getByRole('menuitem', { name: 'Photo library…' }).click()
  const photos = page.getByTestId('photos')
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Add a photo' })).toHaveCount(0)
  await photos.getByRole('searchbox').fill(name)
  await photos.getByRole('button', { name: `${name}, INV-7` }).click()
  await expect(page.getByText('parcel.png')).toBeVisible()
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await expect(page.getByTestId('message').filter({ has: page.getByTestId('media') })).toHaveCount(1)

  await ada.getByTestId('photos').getByRole('button', { name: `Remove ${name}` }).click()
  await ada.getByTestId('confirm').click()
  await expect(ada.getByTestId('photos').getByRole('button', { name: `${name}, INV-7` })).toHaveCount(0)
  await expect(page.getByTestId('message').filter({ has: page.getByTestId('media') })).toHaveCount(1)
  await ada.context().close()
})
