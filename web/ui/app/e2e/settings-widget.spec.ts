// The chat widget from Settings to a shop's page: configured, its snippet copied, chatted with.

import { readFileSync } from 'node:fs'
import { expect, type Page } from '@playwright/test'
import { ANN } from './support'
import { startHost, test, Widget } from './pages/widget-host'
import { ADA, call, fresh, heading, sign_in_as, toast } from './settings-support'

interface Channel {
  id: string
  address: string
  settings: Record<string, unknown>
}

test.beforeEach(async ({ page }) => sign_in_as(page, ADA))

async function new_widget(page: Page): Promise<Channel> {
  const body = { kind: 'webchat', provider: 'widget', name: fresh('Shop'), group_id: '1' }
  return (await call<{ channel: Channel }>(page, 'POST', '/channels', body)).channel
}

const kept = async (page: Page, { id }: Channel) => (await call<{ channel: Channel }>(page, 'GET', `/channels/${id}`)).channel.settings
const save = (page: Page) => page.locator('form').filter({ has: page.getByLabel('Greeting') }).getByRole('button', { name: 'Save' })

/** The line to put into a page, taken as people take it. */
async function copied_snippet(page: Page): Promise<string> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Copy: Snippet' }).click()
  // Before that the clipboard may still have what was in it.
  await expect(page.getByText('Copied', { exact: true })).toBeAttached()
  return page.evaluate(() => navigator.clipboard.readText())
}

test('S0-18: a widget is configured, its snippet copied into a page, chatted with, and kept over reloads and tabs', async ({ page, browser }) => {
  const { id, address } = await new_widget(page)
  await page.goto(`/settings/channels/${id}`)
  const snippet = await copied_snippet(page)
  const source = new URL(/^<script async src="([^"]+)"><\/script>$/.exec(snippet)![1]!)
  expect(source.pathname).toBe(`/w/${address}.js`)
  const shop = await startHost(source.origin, address)
  const stranger = await startHost(source.origin, address)

  await page.getByLabel('Title').fill('Ask the beans')
  await page.getByLabel('Greeting').fill('What can we roast for you?')
  await page.getByLabel('Websites, one a line').fill(new URL(shop.url).origin)
  await save(page).click()
  await expect(toast(page, /Saved/)).toBeVisible()

  const context = await browser.newContext()
  const visit = await context.newPage()
  await visit.goto(shop.url)
  const widget = new Widget(visit)
  await widget.open()
  await expect(widget.panel.getByRole('heading', { name: 'Ask the beans' })).toBeVisible()
  await expect(widget.panel.getByText('What can we roast for you?')).toBeVisible()
  const question = fresh('Do you grind it, too?')
  await widget.say(question)
  await expect(widget.bubble(question).getByRole('img', { name: /Sent|Delivered/ })).toBeVisible()

  const agents = await browser.newContext()
  const ann = await agents.newPage()
  await sign_in_as(ann, ANN)
  await ann.goto('/inbox/team')
  await expect(ann.getByTestId('conversation-row').filter({ hasText: question })).toBeVisible()
  await agents.close()

  await visit.reload()
  await widget.open()
  await expect(widget.bubble(question)).toHaveCount(1)
  const second = await context.newPage()
  await second.goto(shop.url)
  const other = new Widget(second)
  await other.open()
  await expect(other.bubble(question)).toHaveCount(1)
  const more = fresh('As fine as for a moka pot?')
  await other.say(more)
  await expect(widget.bubble(more)).toHaveCount(1)

  // A page that is not listed: the browser refuses to show the panel there.
  const refused = second.waitForEvent('console', (message) => /frame-ancestors/.test(message.text()))
  await second.goto(stranger.url)
  await other.launcher.click()
  await refused
  await context.close()
  shop.close()
  stranger.close()
})

test('S0-43: an agent cannot configure the widget; the colour an admin chooses is what pages get', async ({ page, browser }) => {
  const widget = await new_widget(page)
  const context = await browser.newContext()
  const ann = await context.newPage()
  await sign_in_as(ann, ANN)
  await ann.goto(`/settings/channels/${widget.id}`)
  await expect(heading(ann, 'This is not for you')).toBeVisible()
  const headers = { Origin: new URL(ann.url()).origin, 'Content-Type': 'application/json' }
  for (const [method, path] of [['PUT', 'widget'], ['POST', 'widget/identity_secret']] as const) {
    const answer = await ann.request.fetch(`/api/v1/channels/${widget.id}/${path}`, { method, headers, data: method === 'PUT' ? '{"colour":"#000000"}' : undefined })
    expect(answer.status(), path).toBe(403)
  }

  await page.goto(`/settings/channels/${widget.id}`)
  const colour = page.getByRole('textbox', { name: 'Colour', exact: true })
  await colour.fill('#b9')
  await save(page).click()
  await expect(colour).toHaveAttribute('aria-invalid', 'true')
  await colour.fill('#b91c1c')
  await save(page).click()
  await expect(toast(page, /Saved/)).toBeVisible()

  // What a page loads, and for how long a browser may keep it.
  const loader = await page.request.get(`/w/${widget.address}.js`)
  expect(await loader.text()).toContain('"colour":"#b91c1c"')
  expect(Number(/max-age=(\d+)/.exec(loader.headers()['cache-control'] ?? '')?.[1])).toBeLessThanOrEqual(60)
  const origin = /"origin":"([^"]+)"/.exec(await loader.text())![1]!
  const shop = await startHost(origin, widget.address)
  await ann.goto(shop.url)
  await expect(new Widget(ann).launcher).toHaveCSS('background-color', 'rgb(185, 28, 28)')
  await context.close()
  shop.close()
})

test('what is written shows in the preview before it is saved', async ({ page }) => {
  const widget = await new_widget(page)
  await page.goto(`/settings/channels/${widget.id}`)
  const preview = page.frameLocator('iframe[title="Preview"]')
  await page.getByLabel('Title').fill('Ask the beans')
  await page.getByLabel('Greeting').fill('What can we roast for you?')
  await expect(preview.getByRole('heading', { name: 'Ask the beans' })).toBeVisible()
  await expect(preview.getByText('What can we roast for you?')).toBeVisible()
  expect(await kept(page, widget)).toEqual({})
})

test('websites and questions: a bad address is marked, the form of the questions is kept and asked', async ({ page, browser }) => {
  const widget = await new_widget(page)
  await page.goto(`/settings/channels/${widget.id}`)
  const websites = page.getByLabel('Websites, one a line')
  await websites.fill('not an address')
  await save(page).click()
  await expect(websites).toHaveAttribute('aria-invalid', 'true')
  await websites.fill('http://localhost:*\n\nhttp://127.0.0.1:*/')
  await page.getByRole('switch', { name: 'Ask before the chat starts' }).click()
  await page.getByRole('button', { name: 'Add a question' }).click()
  await page.getByLabel('Question 2').fill('Where can we mail you?')
  await save(page).click()
  await expect(toast(page, /Saved/)).toBeVisible()
  expect(await kept(page, widget)).toMatchObject({
    allowed_origins: ['http://localhost:*', 'http://127.0.0.1:*'],
    prechat: { enabled: true, fields: [{ name: 'name', required: true }, { name: 'email', label: 'Where can we mail you?', required: false }] },
  })
  const loader = await (await page.request.get(`/w/${widget.address}.js`)).text()
  const shop = await startHost(/"origin":"([^"]+)"/.exec(loader)![1]!, widget.address)
  const visit = await (await browser.newContext()).newPage()
  await visit.goto(shop.url)
  const chat = new Widget(visit)
  await chat.launcher.click()
  await expect(chat.panel.getByLabel('Where can we mail you?')).toBeVisible()
  await visit.context().close()
  shop.close()
})

test('the identity secret is shown once', async ({ page }) => {
  const widget = await new_widget(page)
  await page.goto(`/settings/channels/${widget.id}`)
  await page.getByRole('button', { name: 'Make a new secret' }).click()
  await page.getByTestId('confirm').click()
  await expect(page.getByText('Copy it now: it is not shown again.')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('button', { name: 'Make a new secret' })).toBeVisible()
  await expect(page.getByText('Copy it now: it is not shown again.')).toHaveCount(0)
})

test('a widget is disconnected, and connected again at once', async ({ page }) => {
  const widget = await new_widget(page)
  await page.goto(`/settings/channels/${widget.id}`)
  await page.getByRole('button', { name: 'Disconnect' }).click()
  await page.getByTestId('confirm').click()
  await expect(page.getByText('Disconnected', { exact: true }).first()).toBeVisible()
  await page.getByRole('button', { name: 'Reconnect' }).click()
  await expect(page.getByText('Connected', { exact: true })).toBeVisible()
  await expect(page.getByText('Waiting for the first callback')).toHaveCount(0)
})

/** Opening hours that are not now: an hour of the day after tomorrow. */
const elsewhen = () => ({ [['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][(new Date().getUTCDay() + 2) % 7]!]: [['10:00', '11:00']] })

test('H-39: visitors hear that the business is closed at once, and nothing of it while it is open', async ({ page, browser }) => {
  const { id, address } = await new_widget(page)
  const offline_text = 'We are back on Monday.'
  await call(page, 'PUT', `/channels/${id}/widget`, { offline_text })
  const shop = await startHost(new URL(process.env.SWITCHBOARD_URL!).origin, address)
  const context = await browser.newContext()
  const visit = await context.newPage()
  const widget = new Widget(visit)
  try {
    await visit.goto(shop.url)
    await widget.open()
    await widget.say(fresh('Open?'))
    await expect(widget.log.getByRole('img', { name: /Sent|Delivered/ }).first()).toBeVisible()
    await expect(widget.log.getByText(offline_text)).toHaveCount(0)
    await call(page, 'PUT', '/business/hours', { hours: { weekly: elsewhen(), holidays: [] } })
    await visit.reload()
    await widget.open()
    await expect(widget.log.getByText(offline_text)).toBeVisible()
  } finally {
    await call(page, 'PUT', '/business/hours', { hours: { weekly: {}, holidays: [] } })
    await context.close()
    shop.close()
  }
})

test('a visitor keeps the chat as a file where the business allows it', async ({ page, browser }) => {
  const { address } = await new_widget(page)
  const shop = await startHost(new URL(process.env.SWITCHBOARD_URL!).origin, address)
  const context = await browser.newContext()
  const visit = await context.newPage()
  const widget = new Widget(visit)
  const button = widget.panel.getByRole('button', { name: 'Save this chat' })
  const question = fresh('Is it vegan?')
  try {
    await visit.goto(shop.url)
    await widget.open()
    await widget.say(question)
    await expect(widget.bubble(question).getByRole('img', { name: /Sent|Delivered/ })).toBeVisible()
    await expect(button).toHaveCount(0)
    await call(page, 'PATCH', '/business', { settings: { visitor_transcripts: true } })
    await visit.reload()
    await widget.open()
    const waiting = visit.waitForEvent('download')
    await button.click()
    const saved = await waiting
    expect(saved.suggestedFilename()).toMatch(/\.txt$/)
    expect(readFileSync(await saved.path(), 'utf8')).toContain(question)
  } finally {
    await call(page, 'PATCH', '/business', { settings: { visitor_transcripts: false } })
    await context.close()
    shop.close()
  }
})
