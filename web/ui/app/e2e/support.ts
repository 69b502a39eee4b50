// What the inbox specs share: signing in, picking a conversation over REST, cutting the socket.

import { expect, type Page } from '@playwright/test'

export const ANN = { email: 'ann@demo.test', password: 'switchboard-demo' }

interface Conversation {
  id: string
  status: string
  channel: { kind: string }
  window: { state: string }
  assignees: { user_id: string }[]
  contact: { name: string }
}

/** Signs in over REST; the page shares the cookie. */
export async function sign_in(page: Page): Promise<void> {
  const answer = await page.request.post('/api/v1/session', { data: ANN, headers: await origin(page) })
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

export async function post(page: Page, path: string): Promise<void> {
  await page.request.post(`/api/v1${path}`, { headers: { ...(await origin(page)), 'Content-Type': 'application/json' } })
}

/** An open conversation that is free to write in and belongs to nobody, or undefined. */
export async function free_conversation(page: Page): Promise<Conversation | undefined> {
  return (await conversations(page, 'unassigned')).find((one) => one.window.state !== 'closed')
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
