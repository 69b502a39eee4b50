// The script a host page includes (`/w/{key}.js`). It draws the launcher, makes the panel's iframe when the visitor
// shows interest, and talks to it over a MessagePort. It keeps no message and no token: those live in the iframe.
import { css } from './style'
import { flashTitle } from './title'

interface Boot {
  key: string
  origin?: string
  colour: string
  label: string
  side: 'left' | 'right'
  locale: string
  title: string
  greeting: string
}

/** What the panel tells the launcher. */
type FromPanel =
  | { t: 'close' }
  | { t: 'unread'; n: number; text: string }
  | { t: 'chat'; on: boolean }
  | { t: 'message'; d: unknown }
  | { t: 'error'; d: unknown }
type Listener = (detail?: unknown) => void
type Api = ((command: string, ...rest: unknown[]) => void) & { q?: ArrayLike<unknown>[]; live?: boolean }
type Host = Window & { __switchboard_boot?: Boot; Switchboard?: Api }

const page = window as Host
const script = document.currentScript as HTMLScriptElement | null
const boot = page.__switchboard_boot
delete page.__switchboard_boot

function start(boot: Boot): void {
  const origin = boot.origin ?? new URL(script?.src ?? location.href).origin
  const side = boot.side === 'left' ? 'left' : 'right'
  const colour = /^#[\da-f]{6}$/i.test(boot.colour) ? boot.colour : '#0f766e'
  const host = document.createElement('switchboard-chat')
  const root = host.attachShadow({ mode: 'open' })
  const button = document.createElement('button')
  const badge = document.createElement('b')
  const status = document.createElement('i')
  const path = svgPath()
  const listeners: Record<string, Listener[]> = {}
  let frame: HTMLIFrameElement | undefined
  let port: MessagePort | undefined
  let opened = false
  let unread = 0
  /** Who the page says its visitor is, for a panel that comes later. */
  let who: unknown

  function svgPath(): SVGPathElement {
    const ns = 'http://www.w3.org/2000/svg'
    const svg = document.createElementNS(ns, 'svg')
    svg.setAttribute('viewBox', '0 0 24 24')
    svg.setAttribute('aria-hidden', 'true')
    const path = document.createElementNS(ns, 'path')
    svg.append(path)
    button.append(svg)
    return path
  }

  function emit(event: string, detail?: unknown): void {
    for (const listener of listeners[event] ?? []) {
      try {
        listener(detail)
      } catch (error) {
        console.error(error)
      }
    }
  }

  function paint(): void {
    path.setAttribute('d', opened ? 'm6 9 6 6 6-6' : 'M21 11.5a8.4 8.4 0 0 1-12 7.6L3 21l1.9-6A8.4 8.4 0 1 1 21 11.5Z')
    button.setAttribute('aria-expanded', String(opened))
    badge.textContent = unread ? (unread > 99 ? '99+' : String(unread)) : ''
  }

  function makeFrame(): void {
    if (frame) return
    frame = document.createElement('iframe')
    frame.title = boot.title || boot.label
    frame.referrerPolicy = 'origin'
    frame.src = `${origin}/widget/v1/frame/${encodeURIComponent(boot.key)}`
    root.prepend(frame)
  }

  function setOpen(open: boolean): void {
    if (open === opened) return
    opened = open
    if (open) makeFrame()
    else if (!port) {
      // It never came up (network, blocked): the next opening tries again.
      frame?.remove()
      frame = undefined
    }
    // A frame made this instant needs one style pass before it can fade in.
    void frame?.offsetWidth
    frame?.classList.toggle('open', open)
    fit()
    paint()
    if (open) frame?.focus()
    else button.focus({ preventScroll: true })
    port?.postMessage({ t: open ? 'open' : 'close' })
    emit(open ? 'open' : 'close')
  }

  /** On a phone the panel follows the part of the screen the keyboard leaves free. */
  function fit(): void {
    const view = window.visualViewport
    if (!frame || !view) return
    const full = opened && frame.offsetWidth >= innerWidth && view.height < innerHeight - 80 && view.scale === 1
    frame.style.height = full ? `${view.height}px` : ''
    frame.style.top = full ? `${view.offsetTop}px` : ''
  }

  function hear({ data }: MessageEvent<FromPanel>): void {
    if (data.t === 'close') setOpen(false)
    else if (data.t === 'chat') remember(data.on)
    else if (data.t === 'message' || data.t === 'error') emit(data.t, data.d)
    else if (data.n !== unread) {
      unread = data.n
      // The text is the panel's, in the visitor's language.
      button.setAttribute('aria-label', unread ? `${boot.label}, ${data.text}` : boot.label)
      status.textContent = data.text
      flashTitle(unread, data.text)
      paint()
      emit('unread', unread)
    }
  }

  addEventListener('message', (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin || event.data !== 'switchboard:ready') return
    const channel = new MessageChannel()
    port?.close()
    port = channel.port1
    port.onmessage = hear
    const { title, greeting, locale } = boot
    frame.contentWindow?.postMessage({ t: 'switchboard:port', boot: { title, greeting, locale, colour, side } }, origin, [
      channel.port2,
    ])
    if (who) port.postMessage(who)
    if (opened) port.postMessage({ t: 'open' })
  })

  // One bit in the page's own storage: "this visitor has a chat", so that the panel may load in idle time.
  const mark = `switchboard:${boot.key}`
  function remember(on: boolean): void {
    try {
      if (on) localStorage.setItem(mark, '1')
      else localStorage.removeItem(mark)
    } catch {
      // Storage is blocked: the panel then loads on interest only.
    }
  }
  function hasChat(): boolean {
    try {
      return localStorage.getItem(mark) === '1'
    } catch {
      return false
    }
  }

  const api: Api = (command, ...rest) => {
    if (command === 'open') setOpen(true)
    else if (command === 'close') setOpen(false)
    else if (command === 'toggle') setOpen(!opened)
    else if (command === 'identify') {
      who = { t: command, identity: rest[0], hmac: rest[1] }
      port?.postMessage(who)
    }
    else if (command === 'logout') {
      who = undefined
      // Without a panel there is still the token of an earlier visit to be thrown away.
      if (!port && hasChat()) makeFrame()
      if (port) port.postMessage({ t: command })
      else who = { t: command }
      remember(false)
    } else if (command === 'on') (listeners[String(rest[0])] ??= []).push(rest[1] as Listener)
  }
  const early = page.Switchboard?.q ?? []
  api.live = true
  page.Switchboard = api

  button.type = 'button'
  button.setAttribute('aria-label', boot.label)
  button.append(badge)
  status.setAttribute('role', 'status')
  button.addEventListener('click', () => setOpen(!opened))
  for (const event of ['pointerenter', 'focus']) button.addEventListener(event, makeFrame)
  root.addEventListener('keydown', (event) => {
    if ((event as KeyboardEvent).key === 'Escape' && opened) setOpen(false)
  })
  window.visualViewport?.addEventListener('resize', fit)
  window.visualViewport?.addEventListener('scroll', fit)

  try {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css(colour, side))
    root.adoptedStyleSheets = [sheet]
  } catch {
    const style = document.createElement('style')
    style.textContent = css(colour, side)
    root.append(style)
  }
  root.append(button, status)
  paint()

  const attach = (): void => {
    if (document.body && host.parentNode !== document.body) document.body.append(host)
  }
  attach()
  // Waits for the body, and comes back when a page swaps its whole body (Turbo and the like).
  new MutationObserver(attach).observe(document.documentElement, { childList: true })
  if (hasChat()) {
    const idle = (): unknown => (window.requestIdleCallback ?? setTimeout)(makeFrame)
    if (document.readyState === 'complete') idle()
    else addEventListener('load', idle)
  }
  for (const call of Array.from(early)) api(...(Array.from(call) as [string, ...unknown[]]))
}

if (boot && !page.Switchboard?.live) start(boot)
