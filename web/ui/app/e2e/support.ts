// What the inbox specs share: signing in, customers who write, cutting the socket.
// The demo server simulates phones; against mock/server.mjs (SWITCHBOARD_MOCK=1) its ready-made conversations are used.

import { expect, type Page } from '@playwright/test'

export const ANN = { email: 'ann@demo.test', password: 'switchboard-demo' }
export type Who = 'ada' | 'ann' | 'bob'

export interface Conversation {
  id: string
  number: number
  group_id: string
  status: string
  channel: { kind: string }
  window: { state: string }
  assignees: { user_id: string }[]
  contact: { id: string; name: string; name_is_placeholder?: boolean; profile_name?: string | null; phone?: string | null }
}

/** Signs in over REST; the page shares the cookie. */
export async function sign_in(page: Page, who: Who = 'ann'): Promise<void> {
  const data = { ...ANN, email: `${who}@demo.test` }
  const answer = await page.request.post('/api/v1/session', { data, headers: await origin(page) })
  expect(answer.status(), await answer.text()).toBe(201)
}

/** Unsafe requests need our own origin, which a page sends by itself and a bare request does not. */
async function origin(page: Page): Promise<Record<string, string>> {
  const about = await page.request.get('/api/v1/setup')
  return { Origin: new URL(about.url()).origin }
}

export async function conversations(page: Page, view: string): Promise<Conversation[]> {
  const session = (await (await page.request.get('/api/v1/session')).json()) as { groups: { id: string }[] }
  const group_id = session.groups[0]?.id ?? ''
  const answer = await page.request.get(`/api/v1/conversations?view=${view}&group_id=${group_id}&limit=200`)
  const body = (await answer.json()) as { conversations: { conversation: Conversation }[] }
  return body.conversations.map((listed) => listed.conversation)
}

export const post = (page: Page, path: string, data?: unknown) => call(page, 'POST', path, data)

/** A REST call of the page's user that must succeed. */
export async function call<T = unknown>(page: Page, method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, data?: unknown): Promise<T> {
  const headers = { ...(await origin(page)), 'Content-Type': 'application/json' }
  const answer = await page.request.fetch(`/api/v1${path}`, { method, headers, data: data === undefined ? undefined : JSON.stringify(data) })
  const text = await answer.text()
  expect(answer.ok(), `${method} ${path}: ${answer.status()} ${text}`).toBe(true)
  return (text ? JSON.parse(text) : undefined) as T
}

const CLOUD_API = '106540352242922'
const TWILIO = '+442079460003'
let customers = 0

/** A new customer writes on WhatsApp, from one of the demo's simulated phones. */
export async function customer_writes(page: Page, text: string, account = CLOUD_API, number = new_number()): Promise<string> {
  await page.request.post('/simulator/api/text', { data: { account, number, body: text }, headers: await origin(page) })
  return number
}

/** A number nobody has yet. */
export function new_number(): string {
  customers += 1
  return `+447${String(Date.now()).slice(-7)}${String(customers).padStart(2, '0')}`
}

/** A customer wrote more than a day ago: WhatsApp's window is closed. */
export async function customer_wrote_long_ago(page: Page): Promise<string> {
  customers += 1
  const from = `447${String(Date.now()).slice(-7)}${String(customers).padStart(2, '0')}`
  const timestamp = String(Math.floor(Date.now() / 1000) - 26 * 3600)
  const value = {
    contacts: [{ profile: { name: 'Robin' }, wa_id: from }],
    messages: [{ from, id: `wamid.e2e-${from}`, text: { body: 'Are you open tomorrow?' }, timestamp, type: 'text' }],
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '442079460002', phone_number_id: '360360360360360' },
  }
  await page.request.post('/hooks/whatsapp/2', {
    headers: { 'x-switchboard-secret': 'demo-webhook-secret' },
    data: { entry: [{ changes: [{ field: 'messages', value }], id: '102290129340398' }], object: 'whatsapp_business_account' },
  })
  return `+${from}`
}

/** Waits for the conversation of a number; any that fits will do where nobody can simulate phones. */
async function arrived(page: Page, number: string, fits: (one: Conversation) => boolean): Promise<Conversation> {
  let found: Conversation | undefined
  await expect(async () => {
    const all = (await conversations(page, 'unassigned')).filter(fits)
    found = all.find((one) => one.contact.phone === number) ?? (process.env.SWITCHBOARD_MOCK ? all[0] : undefined)
    expect(found, `a conversation of ${number}`).toBeTruthy()
  }).toPass({ timeout: 15_000 })
  return found!
}

/** An open conversation that can be written to and belongs to nobody. */
export async function free_conversation(page: Page): Promise<Conversation> {
  const number = await customer_writes(page, 'Hello, is anybody there?')
  return arrived(page, number, (one) => one.window.state !== 'closed')
}

/** A conversation by SMS that belongs to nobody. */
export async function sms_conversation(page: Page): Promise<Conversation> {
  const number = await customer_writes(page, 'Hello by SMS', TWILIO)
  return arrived(page, number, (one) => one.channel.kind === 'sms')
}

/** The customer of a conversation writes again. */
export async function writes_again(page: Page, it: Conversation, text: string): Promise<void> {
  if (process.env.SWITCHBOARD_MOCK) await page.request.post('/mock/in', { data: { id: it.id, text } })
  else await customer_writes(page, text, it.channel.kind === 'sms' ? TWILIO : CLOUD_API, it.contact.phone ?? '')
}

export const row = (page: Page, it: Conversation) => page.locator(`[data-conversation="${it.id}"]`)

/** The same, attended by Ann. */
export async function own_conversation(page: Page): Promise<Conversation> {
  const it = await free_conversation(page)
  await post(page, `/conversations/${it.id}/attend`)
  return it
}

/** A conversation attended by Ann whose 24-hour window is closed. */
export async function locked_conversation(page: Page): Promise<Conversation> {
  const number = await customer_wrote_long_ago(page)
  const it = process.env.SWITCHBOARD_MOCK
    ? (await conversations(page, 'mine')).find((one) => one.window.state === 'closed')!
    : await arrived(page, number, (one) => one.window.state === 'closed')
  if (!it.assignees.length) await post(page, `/conversations/${it.id}/attend`)
  return it
}

/** The reply box of the conversation on the screen. */
export const reply_box = (page: Page) => page.getByRole('textbox', { name: 'Your reply' })
export const bubble = (page: Page, text: string) => page.getByTestId('message').filter({ hasText: text })

export interface Link {
  cut(): Promise<void>
  restore(): void
}

/** Puts a switch into the page's socket. Call it before the page is opened. */
export async function switchable_link(page: Page): Promise<Link> {
  let open = true
  const live = new Set<{ close(options: { code: number }): Promise<void> }>()
  await page.routeWebSocket(/\/ws\/agent$/, (socket) => {
    if (!open) {
      void socket.close({ code: 1013 })
      return
    }
    live.add(socket)
    socket.connectToServer()
  })
  return {
    async cut() {
      open = false
      await Promise.all([...live].map((socket) => socket.close({ code: 1013 })))
      live.clear()
    },
    restore() {
      open = true
    },
  }
}
