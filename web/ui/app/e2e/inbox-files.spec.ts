// What a line takes: several files one by one, no files at all, texts that are too long; and a refusal that is mended, not repeated.

import { expect, test } from '@playwright/test'
import { bubble, own_conversation, post, reply_box, sign_in, sms_conversation } from './support'

test.skip(!!process.env.SWITCHBOARD_MOCK, 'the mock stores no files')

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
const picture = (name: string) => ({ name, mimeType: 'image/png', buffer: PNG })

test('S2-04: several files leave WhatsApp one by one, the text with the first', async ({ page }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  await page.goto(`/inbox/mine/${it.id}`)
  await expect(reply_box(page)).toBeEnabled()
  await page.locator('[data-testid=composer] input[type=file]').setInputFiles(['one.png', 'two.png', 'three.png'].map(picture))
  await expect(page.locator('[data-testid=attachment][data-status=ready]')).toHaveCount(3)
  const text = `Three views ${Date.now()}`
  await reply_box(page).fill(text)
  await page.keyboard.press('Enter')
  const out = page.locator('[data-testid=message][data-direction=out]')
  await expect(out).toHaveCount(3)
  await expect(out.getByTestId('media')).toHaveCount(3)
  await expect(out.first()).toContainText(text)
  for (const at of [0, 1, 2]) await expect(out.nth(at)).toHaveAttribute('data-status', /^(sent|delivered|read)$/, { timeout: 20_000 })
})

test('a number that sends no files does not take any', async ({ page }) => {
  await sign_in(page)
  const it = await sms_conversation(page)
  await post(page, `/conversations/${it.id}/attend`)
  await page.goto(`/inbox/mine/${it.id}`)
  await expect(reply_box(page)).toBeEnabled()
  const attach = page.getByTestId('composer').getByRole('button', { name: 'Attach files', exact: true })
  await expect(attach).toHaveAttribute('title', /This number cannot send files/)
  await attach.click({ force: true })
  await expect(page.getByText('This number cannot send files.', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Add to the message' }).click()
  await expect(page.getByRole('menuitem', { name: 'Photo library…' })).toBeDisabled()
  await expect(page.getByRole('menuitem', { name: 'Saved replies…' })).toBeEnabled()
})

test('a text is counted near the limit and cannot be sent above it', async ({ page }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  await page.goto(`/inbox/mine/${it.id}`)
  await reply_box(page).fill('a'.repeat(3_000))
  await expect(page.getByTestId('left')).toHaveCount(0)
  await reply_box(page).fill('a'.repeat(4_000))
  await expect(page.getByTestId('left')).toContainText('96 characters left')
  await reply_box(page).fill('a'.repeat(5_000))
  await expect(page.locator('[data-strip=over]')).toContainText('904 characters too many')
  await expect(page.getByRole('button', { name: 'Send', exact: true })).toBeDisabled()
  await page.keyboard.press('Enter')
  await expect(reply_box(page)).not.toHaveValue('')
  await reply_box(page).fill('')
})

test('what was refused for good goes back into the reply box', async ({ page }) => {
  // The server's word: a text this page believed to fit.
  await page.routeWebSocket(/\/ws\/agent$/, (socket) => {
    const server = socket.connectToServer()
    socket.onMessage((text) => {
      const frame = JSON.parse(String(text)) as { t: string; req?: string }
      if (frame.t !== 'message.send') return server.send(text)
      socket.send(JSON.stringify({ t: 'error', req: frame.req, code: 'validation', detail: 'text: is 5000 characters long; this channel takes 4096' }))
    })
  })
  await sign_in(page)
  const it = await own_conversation(page)
  await page.goto(`/inbox/mine/${it.id}`)
  const text = `Much to say ${Date.now()}`
  await reply_box(page).fill(text)
  await page.keyboard.press('Enter')
  await expect(bubble(page, text)).toHaveAttribute('data-status', 'failed')
  await expect(page.getByText('Not sent. The text is 5000 characters long; this channel takes 4096')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0)
  await page.getByRole('button', { name: 'Edit', exact: true }).click()
  await expect(reply_box(page)).toHaveValue(text)
  await expect(reply_box(page)).toBeFocused()
  await expect(bubble(page, text)).toHaveCount(0)
  await reply_box(page).fill('')
})

test('the emoji picker takes the keys while it is open', async ({ page }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  await page.goto(`/inbox/mine/${it.id}`)
  await expect(reply_box(page)).toBeEnabled()
  await page.getByTestId('composer').getByRole('button', { name: 'Emoji' }).click()
  const search = page.locator('emoji-picker').getByRole('combobox')
  await expect(search).toBeFocused()
  await page.keyboard.type('ease')
  await expect(search).toHaveValue('ease')
  await page.keyboard.press('Escape')
  await expect(page.getByTestId('emoji-panel')).toHaveCount(0)
  await expect(page).toHaveURL(new RegExp(`/mine/${it.id}$`))
  await expect(page.getByTestId('composer-card')).toHaveCount(0)
  // The focus is still on the button that opened it: keys there are not the conversation's while a popup is open.
  await page.getByRole('button', { name: 'More actions' }).click()
  await expect(page.getByRole('menu')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('menu')).toHaveCount(0)
  await expect(page).toHaveURL(new RegExp(`/mine/${it.id}$`))
})
