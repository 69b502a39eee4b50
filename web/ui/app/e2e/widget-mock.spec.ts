// The widget against a stand-in server: looks, ticks, uploads, tabs, badge and accessibility, state by state.
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'
import { looks_right, TAGS } from './pages/looks'
import { complaints, startBuiltMock, startHost, test, Widget, type Host } from './pages/widget-host'

let mock: Host
let origin: string
let host: Host

const control = async (command: string, d: unknown = {}): Promise<unknown> =>
  (await fetch(`${origin}/mock/${command}`, { method: 'POST', body: JSON.stringify(d) })).json()
const shot = async (page: Page, name: string): Promise<void> => {
  if (process.env.SWITCHBOARD_SHOTS) await page.screenshot({ path: `${process.env.SWITCHBOARD_SHOTS}/${name}.png` })
}
/** Both documents, one by one. (A whole-page run of axe opens a tab, after which clicks into a cross-site frame get lost.) */
const looked_at = (page: Page, name: string): Promise<void> => looks_right(page, name, (scheme) => shot(page, `${name}-${scheme}`))
async function axeWhole(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).withTags(TAGS).analyze()
  expect(found.violations.map((v) => v.id)).toEqual([])
}

test.beforeAll(async () => {
  mock = await startBuiltMock()
  origin = mock.url
  host = await startHost(origin, 'demo-widget')
})
test.afterAll(() => {
  host.close()
  mock.close()
})
test.beforeEach(async () => {
  await control('media', { status: 201, delay: 0 })
  await control('accept', { on: true })
})

for (const [size, viewport] of Object.entries({ desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } })) {
  test(`D-16: looks right, passes axe and tells nothing by an icon alone, ${size}`, async ({ page }) => {
    const errors = complaints(page)
    await page.setViewportSize(viewport)
    await page.goto(host.url)
    const widget = new Widget(page)
    await expect(widget.launcher).toBeVisible()
    await shot(page, `${size}-0-closed`)
    await widget.open()
    await expect(widget.log).toContainText('Hi! How can we help')
    await looked_at(page, `${size}-1-open`)

    await widget.say('Hello! Do you ship teapots to Norway?\nAnd how long does it take?')
    await expect(widget.tick('Norway', 'Delivered')).toBeVisible()
    await control('backdate', { upto: 1, at: new Date(Date.now() - 86_400_000).toISOString() })
    await control('reply', { text: 'We do. It takes three to five days, see https://example.com/shipping for the prices.' })
    await control('reply', { text: 'Anything else?' })
    await control('reply', {
      text: 'Customs are included for orders under 300 kr.',
      sender: { kind: 'ai', id: '1', name: 'Acme assistant' },
    })
    await widget.panel.locator('input[type=file]').setInputFiles([
      { name: 'teapot.svg.png', mimeType: 'image/png', buffer: picture },
      { name: 'a rather long name of an order confirmation.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(83_000) },
    ])
    await expect(widget.panel.getByRole('button', { name: /^Remove/ })).toHaveCount(2)
    await widget.say('This one')
    await expect(widget.tick('This one', 'Delivered')).toBeVisible()
    await expect(widget.log.locator('img')).toBeVisible()
    await control('typing')
    await expect(widget.log).toContainText('Ann is typing')
    await looked_at(page, `${size}-2-chat`)

    await control('media', { status: 413 })
    await widget.panel
      .locator('input[type=file]')
      .setInputFiles([{ name: 'film.mov', mimeType: 'video/quicktime', buffer: Buffer.alloc(900) }])
    await expect(widget.panel.getByRole('alert')).toHaveText('This file is too large.')
    await widget.panel.getByRole('button', { name: 'Emoji' }).click()
    await expect(widget.panel.getByRole('group', { name: 'Emoji' })).toBeVisible()
    await looked_at(page, `${size}-3-emoji`)
    await widget.panel.getByRole('button', { name: '🎉' }).click()
    await expect(widget.field).toHaveValue('🎉')
    await widget.panel.getByRole('button', { name: 'Emoji' }).press('Escape')
    await expect(widget.panel.getByRole('group', { name: 'Emoji' })).toBeHidden()

    await widget.say('/refuse')
    await expect(widget.bubble('/refuse').getByRole('button', { name: 'Try again' })).toBeVisible()
    await control('closed')
    await control('accept', { on: false })
    await control('drop')
    await widget.say('Written while offline')
    await expect(widget.tick('Written while offline', 'Waiting to be sent')).toBeVisible()
    await expect(widget.panel.getByText('Reconnecting… what you write is kept')).toBeVisible()
    await looked_at(page, `${size}-4-offline`)
    expect(errors).toEqual([])
    await axeWhole(page)
  })
}

test('badge, title, Esc, focus, receipts and the JS API', async ({ page }) => {
  await page.goto(host.url)
  const widget = new Widget(page)
  await page.evaluate(() => {
    const api = (window as unknown as { Switchboard: (...args: unknown[]) => void }).Switchboard
    const seen: unknown[] = ((window as unknown as { seen: unknown[] }).seen = [])
    for (const event of ['open', 'close', 'unread']) api('on', event, (n: unknown) => seen.push([event, n]))
    api('open')
  })
  await widget.say('Hello')
  await expect(widget.tick('Hello', 'Delivered')).toBeVisible()
  await widget.field.press('Escape')
  await expect(widget.launcher).toBeFocused()
  await expect(widget.launcher).toHaveAttribute('aria-expanded', 'false')

  await control('reply', { text: 'One' })
  await control('reply', { text: 'Two' })
  await expect(widget.launcher).toHaveText('2')
  await expect(widget.launcher).toHaveAccessibleName('Chat with us, 2 new messages')
  await expect.poll(() => control('state')).toMatchObject({ seen: 0, acked: 4 })
  await looked_at(page, 'badge')

  // The title flashes only while nobody looks at the page.
  await expect(page).toHaveTitle('Teapots and more')
  const look = (hidden: boolean): Promise<void> =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }, hidden)
  await look(true)
  await control('reply', { text: 'Three' })
  await expect(page).toHaveTitle('(3) 3 new messages')
  await expect(page).toHaveTitle('Teapots and more')
  await expect(page).toHaveTitle('(3) 3 new messages')
  await look(false)
  await expect(page).toHaveTitle('Teapots and more')
  expect(await page.evaluate(() => (window as unknown as { seen: unknown[] }).seen)).toEqual([
    ['open', undefined],
    ['close', undefined],
    ['unread', 1],
    ['unread', 2],
    ['unread', 3],
  ])

  // Unread survives a reload, and the panel comes back by itself because there is a chat.
  await page.reload()
  await expect(widget.launcher).toHaveText('3')
  await widget.open()
  await expect(widget.log).toContainText('Three')
  await expect(widget.launcher).toHaveText('')
  await expect.poll(() => control('state')).toMatchObject({ seen: 5 })
  // Once for the message above, once for these six letters.
  await widget.field.pressSequentially('typing')
  await expect.poll(() => control('state')).toMatchObject({ typed: 2 })
})

test('calls made before the loader arrived are kept', async ({ page }) => {
  await page.addInitScript(() => {
    const page = window as unknown as { Switchboard: { (...args: unknown[]): void; q?: unknown[][] } }
    page.Switchboard = (...args) => void (page.Switchboard.q ??= []).push(args)
    page.Switchboard('on', 'open', () => (document.title = 'opened'))
    page.Switchboard('open')
  })
  await page.goto(host.url)
  await expect(new Widget(page).log).toBeVisible()
  await expect(page).toHaveTitle('opened')
})

test('two tabs of one visitor stay in sync', async ({ context }) => {
  const [one, two] = [new Widget(await context.newPage()), new Widget(await context.newPage())]
  await one.page.goto(host.url)
  await one.page.bringToFront()
  await one.open()
  await one.say('From the first tab')
  await expect(one.tick('From the first tab', 'Delivered')).toBeVisible()
  await two.page.goto(host.url)
  await two.page.bringToFront()
  await two.open()
  await expect(two.tick('From the first tab', 'Delivered')).toBeVisible()
  await two.say('From the second tab')
  await expect(one.bubble('From the second tab')).toHaveCount(1)
  await expect(two.bubble('From the second tab')).toHaveCount(1)
})

test('what was written offline survives a reload and goes out once, in order', async ({ page }) => {
  await page.goto(host.url)
  const widget = new Widget(page)
  await widget.open()
  await widget.say('zero')
  await expect(widget.tick('zero', 'Delivered')).toBeVisible()
  await control('accept', { on: false })
  await control('drop')
  for (const text of ['first', 'second', 'third']) await widget.say(text)
  await page.reload()
  await widget.open()
  await expect(widget.tick('third', 'Waiting to be sent')).toBeVisible()
  await control('accept', { on: true })
  await expect(widget.tick('third', 'Delivered')).toBeVisible({ timeout: 20_000 })
  const { messages } = (await control('state')) as { messages: { text: string }[] }
  expect(messages.map((m) => m.text)).toEqual(['zero', 'first', 'second', 'third'])
  await expect(widget.log.locator('.row.mine')).toHaveCount(4)
})

test('a forgotten token starts a new visitor', async ({ page }) => {
  await page.goto(host.url)
  const widget = new Widget(page)
  await widget.open()
  await widget.say('Hello')
  await expect(widget.tick('Hello', 'Delivered')).toBeVisible()
  const before = await control('visitors')
  const frame = page.frames().find((one) => one.url().includes('/widget/'))
  await frame?.evaluate(() => localStorage.setItem('switchboard:demo-widget:token', '"stale"'))
  await page.reload()
  await widget.open()
  await widget.say('Hello again')
  await expect(widget.tick('Hello again', 'Delivered')).toBeVisible({ timeout: 20_000 })
  expect(await control('visitors')).toBe((before as number) + 1)
  await expect(widget.log.locator('.row.mine')).toHaveCount(1)
})

test('works with storage blocked', async ({ page }) => {
  await page.addInitScript(() => {
    const denied = {
      get: () => {
        throw new DOMException('denied', 'SecurityError')
      },
    }
    Object.defineProperty(window, 'localStorage', denied)
  })
  const errors = complaints(page)
  await page.goto(host.url)
  const widget = new Widget(page)
  await widget.open()
  await widget.say('Without storage')
  await expect(widget.tick('Without storage', 'Delivered')).toBeVisible()
  await control('drop')
  await widget.say('After a break')
  await expect(widget.tick('After a break', 'Delivered')).toBeVisible({ timeout: 20_000 })
  await expect(widget.log.locator('.row.mine')).toHaveCount(2)
  expect(errors).toEqual([])
})

test('right to left and another language', async ({ page }) => {
  await control('config', { locale: 'ar', position: 'left', greeting: 'مرحبًا! كيف يمكننا مساعدتك؟', title: 'دعم أكمي' })
  await page.goto(host.url)
  const widget = new Widget(page)
  await widget.open()
  await expect(widget.panel.getByRole('button', { name: 'إرفاق ملف' })).toBeVisible()
  await widget.say('أين طلبي؟')
  await expect(widget.tick('أين طلبي؟', 'وصلت')).toBeVisible()
  await control('reply', { text: 'سأتحقق الآن.' })
  await expect(widget.log).toContainText('سأتحقق')
  await looked_at(page, 'rtl')
  await control('config', { locale: 'en', position: 'right', greeting: 'Hi! How can we help you today?', title: 'Acme support' })
})

// A 4 x 3 picture.
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAIAAAA7ljmRAAAALklEQVR4nA3HQQEAMAgDMeRUBHIQURG8TwkiKmvLL9VixIoT1WbMmvNPmLDhwgM7whJJzWyVQwAAAABJRU5ErkJggg==',
  'base64',
)
