// The team writes first: whom, from which number, with what.

import { expect, test } from '@playwright/test'
import { spaced } from '../packages/core/person'
import { bubble, new_number, own_conversation, post, sign_in } from './support'

test('H-27: a name is suggested, the country filled in, the sender chosen, the template found', async ({ page }) => {
  await sign_in(page)
  const it = await own_conversation(page)
  await post(page, `/conversations/${it.id}/close`, { pending: 'send' })
  await page.goto('/inbox/team')
  await page.getByRole('button', { name: 'New conversation' }).click()
  const dialog = page.getByRole('dialog', { name: 'New conversation' })

  // While typing, before the name is whole.
  const who = dialog.getByRole('combobox', { name: 'Name or number of a contact' })
  await who.pressSequentially(it.contact.name.slice(0, -1))
  const suggestion = dialog.getByRole('option').filter({ hasText: spaced(it.contact.phone!) })
  await suggestion.click()
  await expect(dialog.getByTestId('fresh-contact')).toContainText(spaced(it.contact.phone!))
  await dialog.getByRole('button', { name: 'Change' }).click()

  // The business's country, until a number says another.
  const country = dialog.getByLabel('Country')
  const field = dialog.getByTestId('fresh-number')
  await expect(country).toHaveValue('GB')
  await field.fill('+49 1512 3456789')
  await expect(country).toHaveValue('DE')
  await expect(field).not.toHaveValue(/\+49/)
  const number = new_number()
  await field.fill(number)
  await expect(country).toHaveValue('GB')
  await expect(field).not.toHaveValue(/\+44/)

  // From a number for texts: free words. From WhatsApp: a template, searched by name or words.
  const sender = dialog.getByLabel('Channel')
  const choose = async (kind: string) =>
    sender.selectOption(await sender.locator('option', { hasText: kind }).first().getAttribute('value'))
  await choose('SMS')
  await expect(dialog.getByLabel('Message', { exact: true })).toBeVisible()
  await expect(dialog.getByRole('button', { name: 'Start conversation' })).toBeDisabled()
  await choose('WhatsApp')
  await expect(dialog.getByLabel('Message', { exact: true })).toHaveCount(0)
  await dialog.getByRole('button', { name: 'Choose template' }).click()
  const picker = page.getByRole('dialog').filter({ has: page.getByRole('listbox', { includeHidden: true }) }).last()
  const search = picker.getByRole('combobox')
  await expect(picker.getByRole('option').nth(1)).toBeVisible()
  await search.fill('no template is called that')
  await expect(picker.getByRole('option')).toHaveCount(0)
  await search.fill('welcome')
  await expect(picker.getByRole('option').first()).toContainText('welcome')
  await picker.getByRole('option').first().click()
  const last = page.getByRole('dialog').last()
  await expect(last.getByTestId('template-preview')).toBeVisible()
  await last.getByRole('button', { name: 'Start conversation' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page).toHaveURL(/\/inbox\/\w+\/\d+/)
  await expect(bubble(page, 'welcome')).toHaveAttribute('data-status', /^(sent|delivered|read)$/, { timeout: 20_000 })
})
