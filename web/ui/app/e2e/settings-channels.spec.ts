// Channels: a live check before anything is saved, connecting, looking after a line.

import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test, type Page } from '@playwright/test'
import { ANN } from './support'
import { ADA, call, fresh, heading, sign_in_as, toast } from './settings-support'

interface Channel {
  id: string
  kind: string
  name: string
  provider: string
  group_id: string
  address: string
  status: string
  settings: Record<string, unknown>
  webhook_url: string | null
  snippet: string | null
  health: { last_inbound_at: string | null } | null
}

test.beforeEach(async ({ page }) => sign_in_as(page, ADA))

const all = async (page: Page) => (await call<{ channels: Channel[] }>(page, 'GET', '/channels')).channels
const of = async (page: Page, provider: string) => (await all(page)).find((one) => one.provider === provider)!
const field = (page: Page, label: string) => page.getByLabel(label, { exact: true })
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const said = (page: Page, text: string | RegExp) => page.getByRole('alert').filter({ hasText: text })

/** A number nobody has connected yet. */
let numbers = 0
const new_number = () => `+4420${String(Date.now()).slice(-7)}${(numbers += 1) % 10}`

async function choose(page: Page, provider: string): Promise<void> {
  await page.goto('/settings/channels')
  await page.getByRole('link', { name: 'Connect a channel' }).click()
  await page.getByText(provider, { exact: true }).click()
}

/** The value of a field that is only there to be copied. */
const shown = (page: Page, label: string) => page.getByRole('main').locator('div', { has: page.getByText(label, { exact: true }) }).last().locator('code')

/** The conversation a text arrived in. */
async function conversation_with(page: Page, text: string): Promise<{ id: string }> {
  let found: { id: string } | undefined
  await expect(async () => {
    const list = await call<{ conversations: { conversation: { id: string; last_message: { preview: string } | null } }[] }>(
      page,
      'GET',
      '/conversations?view=unassigned&group_id=1&limit=200',
    )
    found = list.conversations.map((one) => one.conversation).find((one) => one.last_message?.preview === text)
    expect(found).toBeTruthy()
  }).toPass({ timeout: 15_000 })
  return found!
}

interface Provider {
  url: string
  sent: unknown[]
  close(): void
}

/** A provider with one token: `about` answers a GET of a path, every POST is a message that it takes. */
async function provider(token: string, about: (path: string) => unknown): Promise<Provider> {
  const sent: unknown[] = []
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.headers.authorization !== `Bearer ${token}`) return void answer(401, { error: { code: 190, message: 'Invalid access token' } })
    if (request.method === 'GET') {
      const found = about(request.url ?? '')
      return void (found ? answer(200, found) : answer(400, { error: { code: 100, message: 'Unsupported get request' } }))
    }
    let text = ''
    request.on('data', (part) => (text += part)).on('end', () => {
      sent.push(JSON.parse(text))
      const id = `${token}-${sent.length}`
      answer(200, { id, messaging_product: 'whatsapp', contacts: [], messages: [{ id: `wamid.${id}` }] })
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const close = () => void server.close()
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent, close }
}

test('S0-26, S0-30: WhatsApp is connected from Settings, live-checked, and carries messages both ways', async ({ page }) => {
  const [id, token, app_secret] = [`9${Date.now()}`, fresh('token'), fresh('secret')]
  const meta = await provider(token, (path) => path.includes(`/${id}`) && { id, display_phone_number: '+44 20 7946 0777', verified_name: 'Bean & Leaf' })
  const before = (await all(page)).length
  const name = fresh('WhatsApp')
  await choose(page, 'WhatsApp Cloud API')

  // What is missing is marked before anybody is asked.
  await button(page, 'Connect').click()
  await expect(field(page, 'Name')).toBeFocused()
  await expect(field(page, 'Access token')).toHaveAttribute('aria-invalid', 'true')

  await field(page, 'Name').fill(name)
  await field(page, 'Phone number ID').fill(id)
  await field(page, 'Access token').fill('yesterday’s token')
  await field(page, 'App secret').fill(app_secret)
  const verify_token = await shown(page, 'Verify token').innerText()
  await button(page, 'More settings').click()
  await field(page, 'Address of the API').fill(meta.url)

  // A wrong key: the check names it and the cure, and connecting is refused with nothing stored.
  await button(page, 'Check first').click()
  await expect(page.getByTestId('checks')).toContainText('Access token: Meta does not accept it.')
  await expect(field(page, 'Access token')).toHaveAttribute('aria-invalid', 'true')
  await button(page, 'Connect').click()
  await expect(said(page, 'refused these secrets')).toBeVisible()
  expect(await all(page)).toHaveLength(before)

  await field(page, 'Access token').fill(token)
  await button(page, 'Check first').click()
  await expect(page.getByTestId('checks')).toContainText('Everything fits.')
  await expect(page.getByTestId('checks')).toContainText('+442079460777')
  await button(page, 'Connect').click()
  await expect(heading(page, name)).toBeVisible()
  await expect(page.getByText('Give the provider the webhook URL below')).toBeVisible()

  // What tells customers where to write follows the number.
  await page.getByLabel('First words of the customer').fill('Hello & thanks')
  await expect(page.getByTestId('announce-link').locator('code')).toHaveText('https://wa.me/442079460777?text=Hello%20%26%20thanks')
  await expect(page.getByTestId('announce-button').locator('code')).toContainText('href="https://wa.me/442079460777')

  // Meta registers the address with the verify token, then calls it.
  const webhook = await shown(page, 'Webhook URL').innerText()
  const hello = await page.request.get(`${webhook}?hub.mode=subscribe&hub.verify_token=${verify_token}&hub.challenge=1158201444`)
  expect(await hello.text()).toBe('1158201444')
  const text = fresh('Do you sell teapots?')
  const from = new_number().slice(1)
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '442079460777', phone_number_id: id },
    contacts: [{ profile: { name: 'Robin' }, wa_id: from }],
    messages: [{ from, id: `wamid.${id}`, timestamp: String(Math.floor(Date.now() / 1000)), type: 'text', text: { body: text } }],
  }
  const data = JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '1', changes: [{ field: 'messages', value }] }] })
  const signed = (secret: string) => ({ 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(data).digest('hex')}` })
  expect((await page.request.post(webhook, { headers: signed('not the secret'), data })).status()).toBe(401)
  expect((await page.request.post(webhook, { headers: signed(app_secret), data })).status()).toBe(200)
  const conversation = await conversation_with(page, text)
  await call(page, 'POST', `/conversations/${conversation.id}/messages`, { client_id: crypto.randomUUID(), text: 'We do.' })
  await expect.poll(() => meta.sent).toHaveLength(1)
  expect(meta.sent[0]).toMatchObject({ to: from, text: { body: 'We do.' } })

  await page.reload()
  await expect(page.getByText('The provider reaches us.')).toBeVisible()
  await expect(page.getByText('Never', { exact: true })).toHaveCount(0)
  meta.close()
})

test('S0-44: an SMS gateway is connected from Settings; a wrong token is named, a wrong secret is 401', async ({ page }) => {
  const [name, number, token] = [fresh('Gateway'), new_number(), fresh('token')]
  const gateway = await provider(token, (path) => path === '/account' && { balance: 100 })
  await choose(page, 'SMS gateway (HTTP)')
  await field(page, 'Name').fill(name)
  await field(page, 'Sender').fill('not a sender!')
  await field(page, 'Token').fill('not-the-token')
  await field(page, 'Address for sending').fill('ftp://nowhere')
  await button(page, 'Connect').click()
  // What the server says about one setting stands at that setting.
  await expect(field(page, 'Sender')).toHaveAttribute('aria-invalid', 'true')
  await expect(field(page, 'Address for sending')).toHaveAttribute('aria-invalid', 'true')
  await field(page, 'Sender').fill(number)
  await field(page, 'Address for sending').fill(`${gateway.url}/messages`)
  await button(page, 'More settings').click()
  await field(page, 'Address for checking').fill(`${gateway.url}/account`)
  await button(page, 'Connect').click()
  await expect(said(page, 'refused these secrets')).toBeVisible()
  await expect(field(page, 'Token')).toHaveAttribute('aria-invalid', 'true')

  await field(page, 'Token').fill(token)
  const secret = await shown(page, 'Webhook secret').innerText()
  await button(page, 'Connect').click()
  await expect(heading(page, name)).toBeVisible()
  await expect(toast(page, `${name} is connected.`)).toBeVisible()

  const webhook = await shown(page, 'Webhook URL').innerText()
  const text = fresh('Is my order on its way?')
  const sms = { id: fresh('sms'), from: new_number(), to: number, text }
  expect((await page.request.post(webhook, { headers: { 'x-switchboard-secret': `${secret}x` }, data: sms })).status()).toBe(401)
  expect((await page.request.post(webhook, { headers: { 'x-switchboard-secret': secret }, data: sms })).status()).toBe(200)
  const conversation = await conversation_with(page, text)
  await call(page, 'POST', `/conversations/${conversation.id}/messages`, { client_id: crypto.randomUUID(), text: 'It is.' })
  await expect.poll(() => gateway.sent).toHaveLength(1)
  expect(gateway.sent[0]).toMatchObject({ to: sms.from, from: number, text: 'It is.' })
  gateway.close()
})

test('S0-45: agents connect, change and disconnect nothing, and see no secrets', async ({ page, browser }) => {
  const line = await of(page, 'twilio')
  const context = await browser.newContext()
  const ann = await context.newPage()
  await sign_in_as(ann, ANN)
  for (const path of ['/settings/channels', '/settings/channels/new', `/settings/channels/${line.id}`]) {
    await ann.goto(path)
    await expect(heading(ann, 'This is not for you')).toBeVisible()
  }
  const headers = { Origin: new URL(ann.url()).origin, 'Content-Type': 'application/json' }
  const connect = { kind: 'webchat', provider: 'widget', name: 'Mine', group_id: '1' }
  const attempts: [method: string, path: string, data?: unknown][] = [
    ['POST', '', connect],
    ['POST', '/check', connect],
    ['PATCH', `/${line.id}`, { name: 'Mine' }],
    ['POST', `/${line.id}/check`],
    ['POST', `/${line.id}/disconnect`],
    ['POST', `/${line.id}/reconnect`],
    ['POST', `/${line.id}/move`, { group_id: '1' }],
  ]
  for (const [method, path, data] of attempts) {
    const answer = await ann.request.fetch(`/api/v1/channels${path}`, { method, headers, data: data ? JSON.stringify(data) : undefined })
    expect(answer.status(), `${method} ${path}`).toBe(403)
  }
  const seen = (await all(ann)).find((one) => one.id === line.id)!
  expect(seen).toMatchObject({ settings: {}, webhook_url: null, health: null })
  expect(await of(page, 'twilio')).toMatchObject({ name: line.name, status: line.status })
  await context.close()
})

test('a number that is connected already is refused with what to do', async ({ page }) => {
  const line = await of(page, 'twilio')
  await choose(page, 'Twilio')
  await field(page, 'Name').fill('Twice')
  await field(page, 'Phone number').fill(line.address)
  await field(page, 'Account SID').fill('AC1')
  await field(page, 'Auth token').fill('x')
  await button(page, 'Connect').click()
  await expect(field(page, 'Phone number')).toHaveAttribute('aria-invalid', 'true')
  await expect(said(page, 'Move that channel instead')).toBeVisible()
})

test('a line is disconnected, shown first, and connected again', async ({ page }) => {
  const line = await of(page, 'vonage')
  await page.goto(`/settings/channels/${line.id}`)
  await button(page, 'Check now').click()
  await expect(page.getByTestId('checks')).toContainText('Secrets')
  await button(page, 'Disconnect').click()
  await page.getByTestId('confirm').click()
  await expect(page.getByText('Disconnected', { exact: true }).first()).toBeVisible()
  await page.goto('/settings/channels')
  await expect(page.getByTestId('channel').first()).toContainText(line.name)
  await page.getByTestId('channel').first().getByRole('link').click()
  await button(page, 'Reconnect').click()
  await expect(toast(page, 'Connected again.')).toBeVisible()
  await expect(button(page, 'Disconnect')).toBeVisible()
})

test('settings and secrets of a line are changed, checked live, and never shown', async ({ page }) => {
  const line = await of(page, 'vonage')
  await page.goto(`/settings/channels/${line.id}`)
  const settings = page.getByRole('region', { name: 'Settings' })
  const save = settings.getByRole('button', { name: 'Save' })
  await settings.getByRole('button', { name: 'More settings' }).click()
  await field(page, 'Messages per second').fill('fast')
  await save.click()
  await expect(field(page, 'Messages per second')).toHaveAttribute('aria-invalid', 'true')
  await field(page, 'Messages per second').fill('5')
  await field(page, 'Name').fill(`${line.name} B`)
  await save.click()
  await expect(toast(page, 'Saved')).toBeVisible()
  expect(await of(page, 'vonage')).toMatchObject({ name: `${line.name} B`, settings: { ...line.settings, messages_per_second: 5 } })
  await field(page, 'Name').fill(line.name)
  await field(page, 'Messages per second').fill('')
  await save.click()
  await expect(heading(page, line.name)).toBeVisible()
  expect((await of(page, 'vonage')).settings).toEqual(line.settings)

  await button(page, 'Replace').click()
  await expect(field(page, 'API secret')).toHaveValue('')
  await field(page, 'API secret').fill('not the secret')
  await button(page, 'Replace the secrets').click()
  await expect(said(page, 'refused these secrets')).toBeVisible()
  await field(page, 'API secret').fill('demo-secret')
  await button(page, 'Replace the secrets').click()
  await expect(toast(page, 'The new secrets are in use.')).toBeVisible()
})

test('S0-40: a channel is moved to another group', async ({ page }) => {
  const body = { kind: 'webchat', provider: 'widget', name: fresh('Shop'), group_id: '1' }
  const { channel: widget } = await call<{ channel: Channel }>(page, 'POST', '/channels', body)
  const name = fresh('Group')
  const { group } = await call<{ group: { id: string } }>(page, 'POST', '/groups', { name })
  await page.goto(`/settings/channels/${widget.id}`)
  await field(page, 'Group').selectOption({ label: name })
  await button(page, 'Move').click()
  await expect(toast(page, /Moved/)).toBeVisible()
  expect((await all(page)).find((one) => one.id === widget.id)?.group_id).toBe(group.id)
  await page.goto(`/settings/groups/${group.id}/channels`)
  await expect(page.getByTestId('channel')).toContainText(widget.name)
})

test('a channel is connected with the keyboard alone', async ({ page }) => {
  await page.goto('/settings/channels/new')
  await page.getByRole('radio', { name: 'WhatsApp Cloud API' }).focus()
  await page.keyboard.press('ArrowUp')
  await expect(page.getByRole('radio', { name: 'Web chat' })).toBeChecked()
  await page.keyboard.press('Tab')
  await expect(field(page, 'Name')).toBeFocused()
  const name = fresh('Keys')
  await page.keyboard.type(name)
  await page.keyboard.press('Enter')
  await expect(heading(page, name)).toBeVisible()
  await expect(heading(page, name)).toBeFocused()
})

test('S0-30: link, code, button and signature of a number, ready to be copied', async ({ page }) => {
  const line = (await all(page)).find((one) => one.name === 'WhatsApp (Cloud API)') as Channel & { phone: string }
  await page.goto(`/settings/channels/${line.id}`)
  const card = page.getByTestId('announce')
  await card.getByLabel('First words of the customer (optional)').fill('Hello & <b>hi</b>')
  const piece = (key: string) => card.getByTestId(`announce-${key}`).locator('code').innerText()
  const link = await piece('link')
  expect(new URL(link).pathname).toBe(`/${line.phone.replace(/\D/g, '')}`)
  expect(new URL(link).searchParams.get('text')).toBe('Hello & <b>hi</b>')
  await expect(card.getByRole('img', { name: 'QR code that opens the chat' })).toBeVisible()
  for (const [key, words] of [['button', 'Write to us on WhatsApp'], ['signature', `Write to us on WhatsApp: ${line.phone}`]] as const) {
    const html = await piece(key)
    const found = await page.evaluate((text) => {
      const body = new DOMParser().parseFromString(text, 'text/html').body
      return { words: body.textContent, links: [...body.querySelectorAll('a')].map((one) => one.getAttribute('href')), others: body.querySelectorAll('script, b').length }
    }, html)
    expect(found).toEqual({ words, links: [link], others: 0 })
  }
})
