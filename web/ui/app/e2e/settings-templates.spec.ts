// Registered templates fetched from WhatsApp and mapped; saved replies with placeholders and files.

import { expect, test, type Page } from '@playwright/test'
import { call as as_user, locked_conversation, sign_in } from './support'
import { ADA, call, fresh, sign_in_as, toast } from './settings-support'

interface Template {
  id: string
  channel_id: string
  name: string
  sendable: boolean
}

const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
const NAME = 'appointment_reminder'

test.beforeEach(async ({ page }) => sign_in_as(page, ADA))

/** The 360dialog channel's own reminder, with nothing said about its variables. */
async function unmapped(page: Page): Promise<Template> {
  await call(page, 'POST', '/channels/2/templates/sync', {})
  const find = async () => {
    const { templates } = await call<{ templates: Template[] }>(page, 'GET', '/groups/1/templates')
    return templates.find((one) => one.channel_id === '2' && one.name === NAME)!
  }
  await call(page, 'PUT', `/templates/${(await find()).id}/mapping`, { vars: {}, buttons: {}, invoice_only: false })
  return find()
}

test('S0-28: templates are fetched from WhatsApp with their state; a channel that cannot be read is named, with the cure', async ({ page }) => {
  await page.goto('/settings/groups/1/templates')
  await page.getByRole('button', { name: 'Fetch from WhatsApp' }).click()
  await expect(toast(page, /Fetched/)).toBeVisible()
  const template = (name: string) => page.getByTestId('template').filter({ has: page.getByText(name, { exact: true }) })
  await expect(template('feedback')).toContainText('Waiting for approval')
  await expect(template('feedback')).toContainText('WhatsApp has not approved it')
  await expect(template('win_a_plant')).toContainText('Rejected')
  await expect(template('welcome')).toContainText('The team can send it')

  // Without the account's id the Cloud API tells nothing.
  const { channel } = await call<{ channel: { settings: { waba_id: string } } }>(page, 'GET', '/channels/1')
  await call(page, 'PATCH', '/channels/1', { settings: { waba_id: null } })
  try {
    await page.getByRole('button', { name: 'Fetch from WhatsApp' }).click()
    const trouble = page.getByRole('alert').filter({ hasText: 'WhatsApp (Cloud API)' })
    await expect(trouble).toContainText('WhatsApp Business account ID is missing')
    await trouble.getByRole('link', { name: 'Open the channel' }).click()
    await page.getByLabel('WhatsApp Business account ID').fill(channel.settings.waba_id)
    await page.getByRole('region', { name: 'Settings' }).getByRole('button', { name: 'Save' }).click()
    await expect(toast(page, 'Saved')).toBeVisible()
  } finally {
    await call(page, 'PATCH', '/channels/1', { settings: { waba_id: channel.settings.waba_id } })
  }
})

test('H-16: an unmapped template is in no picker; mapped it is; for invoices only it is not', async ({ page, browser }) => {
  const { id } = await unmapped(page)
  const agents = await browser.newContext()
  const ann = await agents.newPage()
  await sign_in(ann)
  const it = await locked_conversation(ann)
  const offered = async () => {
    const { registered } = await as_user<{ registered: { id: string; preview: string }[] }>(ann, 'GET', `/conversations/${it.id}/sendable-templates`)
    return registered.find((one) => one.id === id)?.preview
  }
  expect(await offered()).toBeUndefined()

  await page.goto('/settings/groups/1/templates')
  const template = page.getByTestId('template').filter({ hasText: NAME }).filter({ hasText: 'WhatsApp (360dialog)' })
  await expect(template).toContainText('Say first what fills its variables')
  await template.getByRole('button', { name: `Variables of ${NAME}` }).click()
  const dialog = page.getByRole('dialog')
  const save = dialog.getByRole('button', { name: 'Save' })
  await dialog.getByLabel('Variable {{1}}').selectOption({ label: 'Contact: first name' })
  await dialog.getByLabel('If there is none').fill('there')
  await dialog.getByLabel('Variable {{2}}').selectOption({ label: 'Typed when sending' })
  await dialog.getByLabel('What it is called').fill('The Day')
  await dialog.getByLabel('Variable {{3}}').selectOption({ label: 'A fixed text' })
  // A name that is none, and a text that is missing: marked, nothing saved.
  await save.click()
  await expect(dialog.getByLabel('What it is called')).toBeFocused()
  await expect(dialog.getByLabel('Text', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  await dialog.getByLabel('What it is called').fill('day')
  await dialog.getByLabel('Text', { exact: true }).fill('nine')
  await save.click()
  await expect(dialog).toHaveCount(0)
  await expect(template).toContainText('The team can send it')
  expect(await offered()).toContain('at nine')

  // It is what Ann picks, and she types what only she can know.
  await ann.goto(`/inbox/mine/${it.id}`)
  await ann.getByRole('button', { name: 'Choose template' }).click()
  await ann.getByRole('dialog').getByRole('combobox').fill(NAME)
  await ann.getByRole('dialog').getByRole('option', { name: NAME }).filter({ hasText: 'at nine' }).click()
  await ann.getByLabel('day').fill('Monday')
  await expect(ann.getByTestId('template-preview')).toContainText('see you on Monday at nine')

  await template.getByRole('button', { name: `Variables of ${NAME}` }).click()
  await expect(dialog.getByLabel('If there is none')).toHaveValue('there')
  // There are no invoices yet: only the API says that a template is for them.
  await expect(dialog.getByRole('switch')).toHaveCount(0)
  await page.keyboard.press('Escape')
  const { templates } = await call<{ templates: { id: string; mapping: object }[] }>(page, 'GET', '/groups/1/templates')
  await call(page, 'PUT', `/templates/${id}/mapping`, { ...templates.find((one) => one.id === id)!.mapping, invoice_only: true })
  await page.reload()
  await expect(template).toContainText('Offered only where an invoice is sent')
  expect(await offered()).toBeUndefined()
  await agents.close()
  await unmapped(page)
})

test('a saved reply is written with placeholders and a file, changed and deleted', async ({ page }) => {
  const name = fresh('Opening hours')
  await page.goto('/settings/groups/1/replies')
  await page.getByRole('button', { name: 'New reply' }).click()
  const dialog = page.getByRole('dialog')
  const save = dialog.getByRole('button', { name: 'Save' })
  const text = dialog.getByLabel('Text')
  await dialog.getByLabel('Name', { exact: true }).fill(name)
  await save.click()
  await expect(text).toBeFocused()
  await text.fill('Hello !')
  await text.press('ArrowLeft')
  await dialog.getByRole('button', { name: 'Contact’s first name' }).click()
  await expect(text).toHaveValue('Hello [contact-firstname]!')
  await expect(text).toBeFocused()
  await text.fill('Hello [contact-frstname]!')
  await save.click()
  await expect(text).toHaveAttribute('aria-invalid', 'true')
  await expect(dialog.getByRole('alert').filter({ hasText: 'There is no placeholder [contact-frstname]' })).toBeVisible()
  await text.fill('Hello [contact-firstname]!')
  await dialog.locator('input[type=file]').setInputFiles({ name: 'hours.png', mimeType: 'image/png', buffer: PICTURE })
  await expect(dialog.getByText('hours.png')).toBeVisible()
  await save.click()
  const row = page.getByTestId('reply').filter({ hasText: name })
  await expect(row).toContainText('Hello [contact-firstname]!')
  await expect(row).toContainText('hours.png')

  await page.reload()
  await row.getByRole('button', { name: `Change ${name}` }).click()
  await text.fill('Good morning!')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Stay here' }).click()
  await dialog.getByRole('button', { name: 'Remove hours.png' }).click()
  await save.click()
  await expect(row).toContainText('Good morning!')
  await expect(row).not.toContainText('hours.png')
  await row.getByRole('button', { name: `Delete ${name}` }).click()
  await page.getByTestId('confirm').click()
  await expect(row).toHaveCount(0)
})
