// Serves a page that embeds the widget, from another site than the widget's: 127.0.0.1 against localhost.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startMock } from '../../apps/widget/mock/server.mjs'
import { expect, test as base, type FrameLocator, type Locator, type Page } from '@playwright/test'

/**
 * Playwright turns the partitioning of third-party storage off, and then Chromium denies the frame any storage. Shipping
 * browsers partition it; the last `--disable-features` on the command line wins.
 */
export const test = base.extend<object, object>({
  launchOptions: [
    ({ launchOptions }, use) => use({ ...launchOptions, args: [...(launchOptions.args ?? []), '--disable-features=Translate'] }),
    { scope: 'worker' },
  ],
})

const file = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')

export interface Host {
  url: string
  close(): void
}

/** The stand-in server with the widget as it is in the sources now. */
export async function startBuiltMock(): Promise<Host> {
  const out = mkdtempSync(join(tmpdir(), 'widget-'))
  execFileSync(process.execPath, ['node_modules/vite/bin/vite.js', 'build', '-c', 'vite.widget.ts', '--logLevel', 'error'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, NODE_ENV: 'production', SWITCHBOARD_UI_OUT: out },
  })
  const mock = await startMock(0, out)
  const close = (): void => {
    mock.close()
    mock.closeAllConnections()
    rmSync(out, { recursive: true, force: true })
  }
  return { url: `http://localhost:${(mock.address() as AddressInfo).port}`, close }
}

/** `widget` is the origin of the server, `key` the widget's. */
export async function startHost(widget: string, key: string, hostile = false): Promise<Host> {
  const css = hostile ? '<link rel="stylesheet" href="/hostile.css">' : ''
  const page = file('./widget-host.html').replace('__SNIPPET__', `${widget}/w/${key}.js`).replace('<!--hostile-->', css)
  const policy =
    `default-src 'none'; script-src ${widget}; frame-src ${widget}; img-src data:; ` +
    `${hostile ? "style-src 'self'; " : ''}require-trusted-types-for 'script'`
  const server: Server = createServer((request, response) => {
    if (request.url === '/hostile.css') response.writeHead(200, { 'content-type': 'text/css' }).end(file('./hostile.css'))
    else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }).end(page)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const name = widget.includes('//localhost') ? '127.0.0.1' : 'localhost'
  return { url: `http://${name}:${(server.address() as AddressInfo).port}/`, close: () => void server.close() }
}

/** The widget as a visitor meets it. */
export class Widget {
  readonly launcher: Locator
  readonly panel: FrameLocator
  readonly field: Locator
  readonly log: Locator

  constructor(readonly page: Page) {
    this.launcher = page.locator('switchboard-chat button')
    this.panel = page.frameLocator('switchboard-chat iframe')
    this.field = this.panel.getByRole('textbox')
    this.log = this.panel.getByRole('log')
  }

  async open(): Promise<void> {
    await this.launcher.click()
    await expect(this.field).toBeFocused()
  }

  async say(text: string): Promise<void> {
    await this.field.fill(text)
    await this.field.press('Enter')
  }

  bubble(text: string): Locator {
    return this.log.locator('.row', { hasText: text })
  }

  tick(text: string, name: string): Locator {
    return this.bubble(text).getByRole('img', { name })
  }
}

/** Violations of a content security policy and errors, as the browser logs them. */
export function complaints(page: Page): string[] {
  const found: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' && !/WebSocket|ERR_|status of/.test(message.text())) found.push(message.text())
  })
  page.on('pageerror', (error) => found.push(String(error)))
  return found
}
