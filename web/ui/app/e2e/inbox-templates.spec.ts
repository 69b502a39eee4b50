// Templates and saved replies in the reply box: choosing, filling in, sending while the window is closed.

import { expect, test, type Browser } from '@playwright/test'
import { bubble, call, locked_conversation, own_conversation, reply_box, sign_in } from './support'

interface Template {
  id: string
  channel_id: string
  name: string
}


/** An administrator reads the provider's templates and says where the values of one come from. */
async function order_update_is_mapped(browser: Browser): Promise<void> {
  const ada = await (await browser.newContext()).newPage()
  await sign_in(ada, 'ada')
  for (const channel of ['1', '2']) await call(ada, 'POST', `/channels/${channel}/templates/sync`, {})
  const { templates } = await call<{ templates: Template[] }>(ada, 'GET', '/groups/1/templates')
  for (const one of templates.filter(({ name }) => name === 'order_update')) {
    await call(ada, 'PUT', `/templates/${one.id}/mapping`, { vars: { '1': 'contact.first_name', '2': 'reference.order' }, invoice_only: false })
  }
  await ada.context().close()
}

test('S4-13, S4-14, S4-15: with a closed window a template is chosen, filled in and sent', async ({ page, browser }) => {
  if (!process.env.SWITCHBOARD_MOCK) await order_update_is_mapped(browser)
  await sign_in(page)
  const it = await locked_conversation(page)
  await page.goto(`/inbox/mine/${it.id}`)
  // The + menu has it, too.
  await page.getByRole('button', { name: 'Add to the message' }).click()
  await page.getByRole('menuitem', { name: 'Template message…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('combobox').fill('order_upd')
  await dialog.getByRole('option', { name: /order_update/ }).first().click()
  const preview = dialog.getByTestId('template-preview')
  await expect(preview.locator('mark').first()).toBeVisible()
  await dialog.getByRole('button', { name: 'Send template' }).click()
  await expect(dialog.getByText('Fill this in.').first()).toBeVisible()
  const order = `A-${Date.now()}`
  const missing = dialog.locator('input[aria-invalid=true]')
  while (await missing.count()) await missing.first().fill(order)
  await expect(preview).toContainText(order)
  await expect(preview.locator('mark')).toHaveCount(0)
  await dialog.getByRole('button', { name: 'Send template' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(bubble(page, order)).toContainText('order_update')
  await expect(bubble(page, order)).toHaveAttribute('data-status', /^(sent|delivered|read)$/, { timeout: 20_000 })
  // A template opens nothing: the box stays locked until the customer writes.
  await expect(page.locator('[data-strip=template_only]')).toBeVisible()
})

test('S2-05: a saved reply is found by /, filled in, and blanks block sending', async ({ page, browser }) => {
  const stamp = String(Date.now())
  const [filled, blank] = [`Refund ${stamp}`, `Invoice ${stamp}`]
  const ada = await (await browser.newContext()).newPage()
  await sign_in(ada, 'ada')
  await call(ada, 'POST', '/groups/1/replies', { name: filled, body: 'Your refund is on its way. [agent-firstname]', media_ids: [] })
  await call(ada, 'POST', '/groups/1/replies', { name: blank, body: 'I have sent the invoice to [contact-company].', media_ids: [] })
  await ada.context().close()
  await sign_in(page)
  const it = await own_conversation(page)
  await page.goto(`/inbox/mine/${it.id}`)
  await reply_box(page).press('/')
  const panel = page.getByTestId('replies')
  await panel.getByRole('combobox').fill(filled)
  await expect(panel.getByRole('option')).toHaveCount(1)
  await page.keyboard.press('Enter')
  await expect(reply_box(page)).toBeFocused()
  await expect(reply_box(page)).toHaveValue(/refund is on its way/)
  await expect(reply_box(page)).not.toHaveValue(/\[agent/)
  await page.keyboard.press('Enter')
  await expect(bubble(page, 'refund is on its way').last()).toBeVisible()

  await reply_box(page).press('/')
  await panel.getByRole('combobox').fill(blank)
  await expect(panel.getByRole('option')).toHaveCount(1)
  await page.keyboard.press('Enter')
  await expect(page.locator('[data-strip=blanks]')).toContainText('[contact-company]')
  await page.keyboard.press('Enter')
  await expect(reply_box(page)).toHaveValue(/\[contact-company\]/)
  await reply_box(page).fill('')
})
