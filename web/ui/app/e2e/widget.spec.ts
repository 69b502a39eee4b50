// A visitor chats from a shop's page of another origin. Against the real server when SWITCHBOARD_URL names one
// (started with --demo), against the stand-in otherwise. The page is on 127.0.0.1 and the widget on localhost, or the other
// way round: two sites.
import { expect, request, type APIRequestContext } from '@playwright/test'
import { ANN } from './support'
import { complaints, startBuiltMock, startHost, test, Widget, type Host } from './pages/widget-host'

const key = process.env.SWITCHBOARD_WIDGET_KEY ?? 'demo-widget'

let widgetOrigin: string
let mock: Host | undefined
let agent: APIRequestContext | undefined
let plain: Host
let hostile: Host

/** Somebody in the team answers the conversation whose last message is `to`. */
async function answer(to: string, text: string): Promise<void> {
  if (mock) {
    await fetch(`${widgetOrigin}/mock/reply`, { method: 'POST', body: JSON.stringify({ text }) })
    return
  }
  if (!agent) {
    agent = await request.newContext({ baseURL: widgetOrigin, extraHTTPHeaders: { origin: widgetOrigin } })
    expect((await agent.post('/api/v1/session', { data: ANN })).status()).toBe(201)
  }
  const session = (await (await agent.get('/api/v1/session')).json()) as { groups: { id: string }[] }
  const find = async (): Promise<string | undefined> => {
    for (const { id } of session.groups) {
      const answer = await agent!.get(`/api/v1/conversations?view=all&group_id=${id}&limit=50`)
      const { conversations } = (await answer.json()) as {
        conversations: { conversation: { id: string; last_message: { preview: string } | null } }[]
      }
      const found = conversations.find(({ conversation }) => conversation.last_message?.preview === to)
      if (found) return found.conversation.id
    }
    return undefined
  }
  await expect.poll(find).toBeTruthy()
  const sent = await agent.post(`/api/v1/conversations/${await find()}/messages`, {
    data: { client_id: crypto.randomUUID(), text },
  })
  expect(sent.status(), await sent.text()).toBe(201)
}

test.beforeAll(async () => {
  const server = process.env.SWITCHBOARD_URL?.replace(/\/$/, '')
  if (server) {
    // The server says which origin the panel comes from.
    const loader = await (await fetch(`${server}/w/${key}.js`)).text()
    widgetOrigin = /"origin":"([^"]+)"/.exec(loader)?.[1] ?? server
  } else {
    mock = await startBuiltMock()
    widgetOrigin = mock.url
  }
  plain = await startHost(widgetOrigin, key)
  hostile = await startHost(widgetOrigin, key, true)
})
test.afterAll(async () => {
  plain.close()
  hostile.close()
  await agent?.dispose()
  mock?.close()
})

test('chats on a page with a strict policy and a hostile style sheet', async ({ page }) => {
  const errors = complaints(page)
  const asked: string[] = []
  page.on('request', (one) => asked.push(one.url()))
  await page.goto(hostile.url)
  const widget = new Widget(page)
  await expect(widget.launcher).toBeVisible()
  expect(await widget.launcher.boundingBox()).toMatchObject({ width: 56, height: 56 })
  // Until the visitor shows interest the page pays for one request.
  expect(asked.filter((url) => url.startsWith(widgetOrigin))).toEqual([`${widgetOrigin}/w/${key}.js`])

  await widget.open()
  expect((await page.locator('switchboard-chat iframe').boundingBox())?.width).toBe(384)
  const hello = `Hello from the shop ${Date.now()}`
  await widget.say(hello)
  await expect(widget.bubble(hello).getByRole('img', { name: /Sent|Delivered/ })).toBeVisible()
  await answer(hello, 'Good morning from the team')
  await expect(widget.bubble('Good morning from the team')).toBeVisible()
  expect(asked.every((url) => url.startsWith(widgetOrigin) || url.startsWith(hostile.url) || /^(blob|data):/.test(url))).toBe(
    true,
  )
  expect(errors).toEqual([])
})

test('a reload keeps the history, and a reply meanwhile shows on the launcher', async ({ page }) => {
  await page.goto(plain.url)
  const widget = new Widget(page)
  await widget.open()
  const question = `Is it in stock? ${Date.now()}`
  await widget.say(question)
  await expect(widget.bubble(question).getByRole('img', { name: /Sent|Delivered/ })).toBeVisible()
  await widget.field.press('Escape')
  await answer(question, 'Yes, seven of them')
  await expect(widget.launcher).toHaveText('1')
  await page.reload()
  await expect(widget.launcher).toHaveText('1')
  await widget.open()
  await expect(widget.bubble(question)).toHaveCount(1)
  await expect(widget.bubble('Yes, seven of them')).toHaveCount(1)
  await expect(widget.launcher).toHaveText('')
})

test('what is written offline is kept and goes out in order, once', async ({ page }) => {
  let online = true
  const lines = new Set<() => void>()
  await page.routeWebSocket(/\/ws\/visitor$/, (socket) => {
    if (!online) return void socket.close()
    socket.connectToServer()
    lines.add(() => void socket.close())
  })
  await page.goto(plain.url)
  const widget = new Widget(page)
  await widget.open()
  const stamp = Date.now()
  const texts = ['zero', 'one', 'two', 'three'].map((text) => `${text} ${stamp}`)
  await widget.say(texts[0]!)
  await expect(widget.bubble(texts[0]!).getByRole('img', { name: /Sent|Delivered/ })).toBeVisible()

  online = false
  for (const cut of lines) cut()
  for (const text of texts.slice(1)) await widget.say(text)
  await expect(widget.tick(texts[3]!, 'Waiting to be sent')).toBeVisible()
  await expect(widget.panel.getByText('Reconnecting… what you write is kept')).toBeVisible()

  online = true
  await expect(widget.bubble(texts[3]!).getByRole('img', { name: /Sent|Delivered/ })).toBeVisible({ timeout: 30_000 })
  await expect(widget.panel.getByText('Reconnecting…')).toBeHidden()
  await page.reload()
  await widget.open()
  await expect(widget.log.locator('.row.mine p')).toHaveText(texts)
})

test('fills a phone, and gives the page back', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(plain.url)
  const widget = new Widget(page)
  await widget.launcher.click()
  await expect(widget.panel.getByRole('heading')).toBeVisible()
  await expect.poll(() => page.locator('switchboard-chat iframe').boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 844 })
  await widget.panel.getByRole('button', { name: 'Close chat' }).click()
  await expect(widget.launcher).toBeFocused()
  await expect(page.locator('switchboard-chat iframe')).toBeHidden()
})
