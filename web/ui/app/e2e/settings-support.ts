// What the specs of settings and account share: the admin, colleagues made for one test, their mails, their codes.

import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Browser, type BrowserContext, type Page } from '@playwright/test'

export const ADA = { email: 'ada@demo.test', password: 'switchboard-demo' }
export const GOOD_PASSWORD = 'correct horse battery'

/** Where the server writes the mails it cannot send; the demo has no mail server. */
const MAIL_FOLDER = process.env.MAIL_FOLDER ?? ''

export interface Colleague {
  id: string
  name: string
  email: string
}

async function headers(page: Page): Promise<Record<string, string>> {
  const about = await page.request.get('/api/v1/setup')
  return { Origin: new URL(about.url()).origin, 'Content-Type': 'application/json' }
}

export async function sign_in_as(page: Page, who: { email: string; password: string }): Promise<void> {
  const answer = await page.request.post('/api/v1/session', { data: who, headers: await headers(page) })
  expect(answer.status(), await answer.text()).toBe(201)
}

/** A call of the API with the page's session; anything but a success fails the test. */
export async function call<T>(page: Page, method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, data?: unknown): Promise<T> {
  const answer = await page.request.fetch(`/api/v1${path}`, { method, headers: await headers(page), data: data === undefined ? undefined : JSON.stringify(data) })
  expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBe(true)
  const text = await answer.text()
  return (text ? JSON.parse(text) : undefined) as T
}

let made = 0
export const fresh = (word: string) => `${word}-${Date.now().toString(36)}${(made += 1)}`

/** What `about` catches in a mail to an address. Mails come when they come: one that was sent before says something else. */
export async function in_mail(address: string, about: RegExp): Promise<string> {
  let found: string | undefined
  await expect(() => {
    const mails = readdirSync(MAIL_FOLDER).filter((name) => name.endsWith('.eml')).sort()
    const texts = mails.map((name) => readFileSync(join(MAIL_FOLDER, name), 'utf8').replace(/=\r?\n/g, '').replace(/=3D/g, '='))
    const theirs = texts.filter((text) => text.split(/\r?\n/).some((line) => line.startsWith('To:') && line.includes(address)))
    found = theirs.flatMap((text) => about.exec(text)?.[1] ?? []).at(-1)
    expect(found, `a mail to ${address} in ${MAIL_FOLDER} with ${about}`).toBeTruthy()
  }).toPass({ timeout: 15_000 })
  return found!
}

/** The token of the mail's link to a page. */
export const token_in_mail = (address: string, page: 'welcome' | 'reset') => in_mail(address, new RegExp(`/${page}#([\\w-]+)`))

/** Ada invites somebody. */
export async function invited(admin: Page, role: 'agent' | 'admin' = 'agent'): Promise<Colleague> {
  const last_name = fresh('Test')
  const email = `${last_name.toLowerCase()}@demo.test`
  const { user } = await call<{ user: { id: string } }>(admin, 'POST', '/users', { first_name: 'Kim', last_name, email, role })
  return { id: user.id, name: `Kim ${last_name}`, email }
}

/** A colleague who accepted, in a browser of their own. */
export async function colleague(browser: Browser, admin: Page, role: 'agent' | 'admin' = 'agent'): Promise<{ who: Colleague; page: Page; context: BrowserContext }> {
  const who = await invited(admin, role)
  const context = await browser.newContext()
  const page = await context.newPage()
  const token = await token_in_mail(who.email, 'welcome')
  const answer = await page.request.post('/api/v1/invitations/accept', { headers: await headers(page), data: { token, password: GOOD_PASSWORD } })
  expect(answer.status(), await answer.text()).toBe(201)
  return { who, page, context }
}

/** The code an authenticator app would show (RFC 6238), `steps` of 30 seconds from now. */
export function totp(secret: string, steps = 0): string {
  const bits = [...secret.replace(/=+$/, '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps))
  const hash = createHmac('sha1', key).update(counter).digest()
  const at = hash[19]! & 15
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

export const heading = (page: Page, name: string) => page.getByRole('heading', { name, level: 1, exact: true })
export const toast = (page: Page, text: string | RegExp) => page.getByRole('region', { name: /notifications/i }).getByText(text)
