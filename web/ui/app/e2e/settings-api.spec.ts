// Other programs: a token is made, copied once, used and revoked; a webhook is made, tried, read about and deleted.

import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@playwright/test'
import { ADA, call, fresh, heading, sign_in_as, toast } from './settings-support'

test.beforeEach(async ({ page }) => {
  await sign_in_as(page, ADA)
  await page.goto('/settings/api')
  await expect(heading(page, 'API & webhooks')).toBeVisible()
})

test('D-17: a token is shown once, works within its scopes, and is revoked', async ({ page, playwright }) => {
  const name = fresh('Shop')
  await page.getByRole('button', { name: 'New token' }).click()
  const form = page.getByRole('dialog')
  await form.getByRole('button', { name: 'New token' }).click()
  await expect(form.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true')
  await form.getByLabel('Name').fill(name)
  await form.getByRole('button', { name: 'New token' }).click()
  await expect(form.getByText('Choose at least one.')).toBeVisible()
  await form.getByRole('checkbox', { name: 'Groups and people: Read' }).check()
  await form.getByRole('button', { name: 'New token' }).click()
  const secret = (await page.getByTestId('secret').locator('code').textContent())!
  expect(secret).toMatch(/^sbt_[\w-]{43}$/)
  await page.getByRole('button', { name: 'I have it' }).click()
  const row = page.getByTestId('token').filter({ hasText: name })
  await expect(row).toContainText(`ends in ${secret.slice(-4)}`)
  await expect(row).toContainText('team:read')
  await expect(page.getByText(secret)).toHaveCount(0)

  const program = await playwright.request.newContext({ baseURL: new URL(page.url()).origin, extraHTTPHeaders: { Authorization: `Bearer ${secret}` } })
  expect((await program.get('/api/v1/groups')).status()).toBe(200)
  expect((await program.get('/api/v1/audit')).status()).toBe(403)
  await page.getByRole('button', { name: `Revoke ${name}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await expect(toast(page, 'Token revoked')).toBeVisible()
  await expect(row).toHaveCount(0)
  expect((await program.get('/api/v1/groups')).status()).toBe(401)
  await program.dispose()
})

test('D-17: a webhook is made, answers a ping with a good signature, is switched off and deleted', async ({ page }) => {
  const heard: { headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => (body += piece))
    request.on('end', () => {
      heard.push({ headers: request.headers, body })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${fresh('hook')}`
    await page.getByRole('button', { name: 'New webhook' }).click()
    const form = page.getByRole('dialog')
    await form.getByLabel('Address').fill('nonsense')
    await form.getByRole('button', { name: 'New webhook' }).click()
    await expect(form.getByText('Is no URL')).toBeVisible()
    await form.getByLabel('Address').fill(url)
    await expect(form.getByRole('checkbox', { name: 'message.created' })).toBeChecked()
    await form.getByRole('button', { name: 'New webhook' }).click()
    const secret = (await page.getByTestId('secret').locator('code').textContent())!
    expect(secret).toMatch(/^whsec_/)
    await page.getByRole('button', { name: 'I have it' }).click()

    const row = page.getByTestId('webhook').filter({ hasText: url })
    const choose = async (what: string) => {
      await row.getByRole('button', { name: /^More about/ }).click()
      await page.getByRole('menuitem', { name: what }).click()
    }
    await choose('Send a ping')
    await expect(page.getByTestId('delivery').filter({ hasText: 'ping' })).toContainText('Delivered')
    const { headers, body } = heard[0]!
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`)
    await page.keyboard.press('Escape')

    await choose('Switch off')
    await expect(row).toContainText('Off')
    await choose('Delete')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await expect(row).toHaveCount(0)
    const { webhooks } = await call<{ webhooks: { url: string }[] }>(page, 'GET', '/webhooks')
    expect(webhooks.map((one) => one.url)).not.toContain(url)
  } finally {
    server.close()
  }
})
